import { createServer, type Server, type Socket } from 'node:net'
import { Random, seedOf } from './random.ts'

/*
 * As much of MySQL's protocol as one prepared statement needs, and what a broken server would say. Source: the manual
 * of MySQL, "Client/Server Protocol". Whether an answer is good is a function of the question.
 */

const int2 = (value: number): Buffer => Buffer.from([value & 255, (value >> 8) & 255])
const int4 = (value: number): Buffer => Buffer.concat([int2(value), int2(value >> 16)])

/** A text with its length before it. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  if (bytes.length < 251) return Buffer.concat([Buffer.from([bytes.length]), bytes])
  if (bytes.length < 65_536) return Buffer.concat([Buffer.from([0xfc]), int2(bytes.length), bytes])
  return Buffer.concat([Buffer.from([0xfd]), int2(bytes.length), Buffer.from([bytes.length >> 16]), bytes])
}

const capabilities = 0x000f_a20d
const greeting = Buffer.concat([
  Buffer.from([10]),
  Buffer.from('8.0.0\0'),
  int4(1),
  Buffer.from('12345678\0'),
  int2(capabilities),
  Buffer.from([45]),
  int2(2),
  int2(capabilities >> 16),
  Buffer.from([21]),
  Buffer.alloc(10),
  Buffer.from('123456789012\0'),
  Buffer.from('mysql_native_password\0'),
])
const ok = Buffer.from([0, 0, 0, 2, 0, 0, 0])
const end = Buffer.from([0xfe, 0, 0, 2, 0])

function failure(code: number, state: string): Buffer {
  return Buffer.concat([Buffer.from([0xff]), int2(code), Buffer.from(`#${state}it is\nbroken`)])
}

/** Names with the number of their type. */
type Column = readonly [name: string, type: number]

function column([name, type]: Column): Buffer {
  const texts = ['def', '', '', '', name, name].map(text)
  return Buffer.concat([
    ...texts,
    Buffer.from([12]),
    int2(45),
    int4(255),
    Buffer.from([type]),
    int2(0),
    Buffer.from([0]),
    int2(0),
  ])
}

/** A row of texts and blobs; null: NULL. */
function row(values: readonly (string | null)[]): Buffer {
  const nulls = Buffer.alloc((values.length + 9) >> 3)
  for (const [index, value] of values.entries())
    if (value === null) nulls[(index + 2) >> 3] = (nulls[(index + 2) >> 3] ?? 0) | (1 << ((index + 2) & 7))
  return Buffer.concat([
    Buffer.from([0]),
    nulls,
    ...values.flatMap(value => (value === null ? [] : [text(value)])),
  ])
}

const usual: readonly Column[] = [
  ['user_id', 253],
  ['more', 252],
  ['score', 246],
]
const oddNames = ['__proto__', 'constructor', '', 'a_b_', 'a'.repeat(2000), '\ud800', '0', 'toJSON']
const oddValues = ['', 'NaN', '-1e999', '99999999999999999999', '{"a":', '"\\ud800"', '\0', '0000-00-00']

function table(columns: readonly Column[], rows: readonly Buffer[]): Buffer[] {
  return [Buffer.from([columns.length]), ...columns.map(column), end, ...rows, end]
}

function answer(random: Random): Buffer[] {
  if (random.chance(0.8)) return table(usual, [row([`u${random.below(99)}`, '{"a":1}', '1.50'])])
  return random.pick(bad)(random)
}

const bad: readonly ((random: Random) => Buffer[])[] = [
  () => table(usual, []),
  () => [ok],
  () => [failure(1146, '42S02')],
  () => [failure(1040, '08004')],
  () => [Buffer.from([0xff])],
  random => {
    const columns = oddNames.map((name): Column => [name, random.pick([252, 253, 254, 246, 245])])
    return table(columns, [row(oddNames.map(() => (random.chance(0.2) ? null : random.pick(oddValues))))])
  },
  () =>
    table(
      usual,
      Array.from({ length: 10_001 }, () => row(['a', null, null])),
    ),
  () => table(usual, [row(['x'.repeat(1_000_000), '['.repeat(50_000), null])]),
  // Not what a server may say.
  () => table(usual, [row(['only one'])]),
  random =>
    table(
      usual.map(([name]) => [name, random.below(256)]),
      [row(['1', '2', '3'])],
    ),
  random => [Buffer.from(random.list(60, () => random.below(256)))],
  () => [Buffer.from([3]), column(['a', 253]), end, end],
  () => [Buffer.from([0xfe, 255, 255, 255, 255, 255, 255, 255, 255])],
  () => [Buffer.from([0xfb, 47, 101, 116, 99])],
  () => [Buffer.from([1]), Buffer.from([0xfd, 255, 255, 255]), end],
  () => [Buffer.alloc(0)],
]

export function mysqlServer(): Server {
  return createServer(socket => {
    socket.on('error', () => {})
    const connection = new Connection(socket)
    connection.send([greeting], 0)
    socket.on('data', data => connection.receive(data))
  })
}

class Connection {
  readonly #socket: Socket
  #received = Buffer.alloc(0)
  #known = false

  constructor(socket: Socket) {
    this.#socket = socket
  }

  send(packets: readonly Buffer[], first: number): void {
    if (!this.#socket.destroyed) this.#socket.write(framed(packets, first))
  }

  receive(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data])
    for (;;) {
      if (this.#received.length < 4) return
      const length = this.#received.readUIntLE(0, 3)
      if (this.#received.length < 4 + length) return
      const number = this.#received[3] ?? 0
      this.#answer(this.#received.subarray(4, 4 + length), number + 1)
      this.#received = this.#received.subarray(4 + length)
    }
  }

  #answer(packet: Buffer, number: number): void {
    if (!this.#known) {
      this.#known = true
      return this.send([ok], number)
    }
    switch (packet[0] ?? 0) {
      case 0x01:
        this.#socket.end()
        return
      case 0x16: {
        const parameters = packet.toString('latin1').split('?').length - 1
        const head = [Buffer.from([0]), int4(1), int2(usual.length), int2(parameters), Buffer.from([0, 0, 0])]
        const marks = Array.from({ length: parameters }, () => column(['?', 253]))
        return this.send(
          [Buffer.concat(head), ...(parameters > 0 ? [...marks, end] : []), ...usual.map(column), end],
          number,
        )
      }
      case 0x17:
        return this.#execute(packet, number)
      case 0x19:
        return
      default:
        return this.send([ok], number)
    }
  }

  #execute(packet: Buffer, number: number): void {
    const random = new Random(seedOf(packet.toString('latin1')))
    const packets = answer(random)
    if (!random.chance(0.03)) return this.send(packets, number)
    const bytes = framed(packets, number)
    this.#socket.write(bytes.subarray(0, random.below(bytes.length)))
    this.#socket.destroySoon()
  }
}

function framed(packets: readonly Buffer[], first: number): Buffer {
  const parts = packets.flatMap((packet, index) => {
    const head = Buffer.alloc(4)
    head.writeUIntLE(packet.length, 0, 3)
    head[3] = (first + index) & 255
    return [head, packet]
  })
  return Buffer.concat(parts)
}
