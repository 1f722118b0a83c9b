import { createServer, type Server, type Socket } from 'node:net'
import { Random, seedOf } from './random.ts'

/*
 * As much of PostgreSQL's protocol as one prepared statement needs, and what a broken server would say. Source: the
 * manual of PostgreSQL, chapter "Frontend/Backend Protocol". Whether an answer is good is a function of the question.
 */

function message(type: string, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

const int16 = (value: number): Buffer => Buffer.from([(value >> 8) & 255, value & 255])
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value | 0)
  return bytes
}
const text = (value: string): Buffer => Buffer.from(`${value}\0`)

const ready = message('Z', Buffer.from('I'))
const complete = (rows: number): Buffer => message('C', text(`SELECT ${rows}`))

/** Names with the number of their type in pg_type. */
type Column = readonly [name: string, type: number]

function description(columns: readonly Column[]): Buffer {
  const fields = columns.flatMap(([name, type]) => [
    text(name),
    int32(0),
    int16(0),
    int32(type),
    int16(-1),
    int32(-1),
    int16(0),
  ])
  return message('T', int16(columns.length), ...fields)
}

function row(values: readonly (string | null)[]): Buffer {
  const fields = values.flatMap(value => {
    const bytes = Buffer.from(value ?? '')
    return value === null ? [int32(-1)] : [int32(bytes.length), bytes]
  })
  return message('D', int16(values.length), ...fields)
}

function failure(code: string): Buffer {
  return message(
    'E',
    text('SERROR'),
    text('VERROR'),
    text(`C${code}`),
    text('Mit is\nbroken'),
    Buffer.from([0]),
  )
}

const usual: readonly Column[] = [
  ['user_id', 25],
  ['score', 1700],
  ['width', 23],
  ['born', 1082],
  ['ok', 16],
  ['more', 114],
]
const oddNames = ['__proto__', 'constructor', '', 'a_b_', '_', 'É', 'a'.repeat(2000), '\ud800', '0', 'toJSON']
const oddValues = [
  '',
  'NaN',
  '-Infinity',
  '1e999',
  '99999999999999999999',
  '{"a":',
  '"\\ud800"',
  'null',
  '[1]',
  't',
  'f',
  '\0',
  'infinity',
  '0001-01-01 BC',
]

/** To a question that was described and executed: everything between the binding and the end of the command. */
function answer(random: Random): Buffer[] {
  if (random.chance(0.8))
    return [
      description(usual),
      row([`u${random.below(99)}`, '1.50', '800', '1815-12-10', 't', '{"a":[1]}']),
      complete(1),
    ]
  return random.pick(bad)(random)
}

const anyRow = (random: Random, length: number) =>
  row(Array.from({ length }, () => (random.chance(0.2) ? null : random.pick(oddValues))))

const bad: readonly ((random: Random) => Buffer[])[] = [
  () => [description(usual), complete(0)],
  () => [message('n'), complete(0)],
  () => [failure('42P01')],
  () => [failure('57014')],
  () => [failure('')],
  () => [message('E')],
  () => [
    description(usual),
    ...Array.from({ length: 10_001 }, () => row(['a', '1', '1', null, 't', null])),
    complete(10_001),
  ],
  random => [description(usual), anyRow(random, 6), complete(1)],
  random => [description(usual), anyRow(random, 2), complete(1)],
  random => [description(usual), anyRow(random, 50), complete(1)],
  random => [
    description(oddNames.map((name): Column => [name, random.pick([16, 20, 23, 25, 701, 1082, 114, 0, -1])])),
    anyRow(random, oddNames.length),
    complete(1),
  ],
  () => [
    description(usual),
    row(['x'.repeat(1_000_000), null, null, null, null, '['.repeat(50_000)]),
    complete(1),
  ],
  // Not what a server may say.
  random => [Buffer.from(random.list(60, () => random.below(256)))],
  () => [Buffer.concat([Buffer.from('D'), int32(0)])],
  () => [Buffer.concat([Buffer.from('D'), int32(-1), int16(1)])],
  () => [Buffer.concat([Buffer.from('T'), int32(7), int16(9), Buffer.from('x')])],
  () => [message('D', int16(3), int32(2_000_000_000))],
  () => [message('D', int16(-1))],
  () => [message('T', int16(-1))],
  () => [message('T', int16(5), text('a'))],
  () => [message('C')],
  () => [message('\0'), message('?', text('x'))],
  () => [
    message('A', int32(1), text('channel'), text('payload')),
    message('N', text('Mnotice'), Buffer.from([0])),
    complete(0),
  ],
  () => [message('G', Buffer.from([0]), int16(0))],
  () => [message('R', int32(3))],
  () => [message('R', int32(10), text('SCRAM-SHA-256'), Buffer.from([0]))],
]

/** Destroys the connection in the middle of an answer. */
const cutOff = 0.03

export function postgresServer(): Server {
  return createServer(socket => {
    const connection = new Connection(socket)
    socket.on('error', () => {})
    socket.on('data', data => connection.receive(data))
  })
}

class Connection {
  readonly #socket: Socket
  #received = Buffer.alloc(0)
  #started = false
  #question = ''

  constructor(socket: Socket) {
    this.#socket = socket
  }

  receive(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data])
    for (;;) {
      const head = this.#started ? 1 : 0
      if (this.#received.length < head + 4) return
      const end = head + this.#received.readInt32BE(head)
      if (this.#received.length < end) return
      const type = this.#started ? String.fromCharCode(this.#received[0] ?? 0) : 'start'
      this.#answer(type, this.#received.subarray(head + 4, end))
      this.#received = this.#received.subarray(end)
    }
  }

  #answer(type: string, body: Buffer): void {
    if (this.#socket.destroyed) return
    switch (type) {
      case 'start':
        return this.#start(body)
      case 'P':
        this.#socket.write(message('1'))
        return
      case 'B':
        this.#question = body.toString('latin1')
        this.#socket.write(message('2'))
        return
      case 'E':
        return this.#execute()
      case 'S':
        this.#socket.write(ready)
        return
      case 'X':
        this.#socket.end()
    }
  }

  #start(body: Buffer): void {
    // It asks for TLS: no.
    if (body.length === 4) {
      this.#socket.write('N')
      return
    }
    this.#started = true
    this.#socket.write(
      Buffer.concat([message('R', int32(0)), message('S', text('server_version'), text('16.0')), ready]),
    )
  }

  #execute(): void {
    const random = new Random(seedOf(this.#question))
    const bytes = Buffer.concat(answer(random))
    if (!random.chance(cutOff)) {
      this.#socket.write(bytes)
      return
    }
    this.#socket.write(bytes.subarray(0, random.below(bytes.length)))
    this.#socket.destroySoon()
  }
}
