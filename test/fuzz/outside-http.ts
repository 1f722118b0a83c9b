import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { json } from './hostile-json.ts'
import { Random, seedOf } from './random.ts'

/*
 * All HTTP services that enrichments ask, in one server: seven answers of eight are good, the others are what no client
 * should be hurt by. Which one is a function of the question.
 */

type Answer = (response: ServerResponse, good: unknown, random: Random) => void

const deep = '['.repeat(100_000) + ']'.repeat(100_000)
const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024, '[1,2],'))

const bad: readonly Answer[] = [
  response => response.end(''),
  response => response.end('null'),
  response => response.end('<html>'),
  response => response.end(deep),
  response => response.end(`{"a":${'{"a":'.repeat(60)}1${'}'.repeat(61)}`),
  response => response.end(`"${'x'.repeat(1_200_000)}"`),
  response => response.end(Buffer.from([0xff, 0xfe, 0x22, 0x80, 0x22])),
  response => response.setHeader('content-encoding', 'gzip').end(bomb),
  response => response.setHeader('content-encoding', 'gzip').end('no gzip'),
  response => response.setHeader('content-encoding', 'br, gzip, x-none').end('x'),
  // Cut off.
  (response, good) => {
    response.writeHead(200, { 'content-length': '5000' }).write(JSON.stringify(good).slice(0, 20))
    setTimeout(() => response.destroy(), 5)
  },
  response => response.destroy(),
  response => response.socket?.end('HTTP/1.1 2OO\r\nx\r\n\r\n'),
  response => response.writeHead(503).end(),
  response => response.writeHead(404, { 'x-long': 'y'.repeat(4000) }).end('{"message":{"toString":1}}'),
  response => response.writeHead(401).end('{"message":"Invalid App ID"}'),
  response => response.writeHead(302, { location: '/again' }).end(),
  response => response.writeHead(302, { location: 'http://elsewhere.invalid/' }).end(),
  response => response.writeHead(204).end(),
  (response, good, random) => {
    setTimeout(() => response.end(JSON.stringify(good)), random.pick([20, 40, 400]))
  },
  // Almost good: the right shape with other things in it.
  ...Array.from(
    { length: 12 },
    (): Answer => (response, good, random) => response.end(twisted(good, random)),
  ),
]

/** The text of a good answer with something else in one place. */
function twisted(good: unknown, random: Random): string {
  const text = JSON.stringify(good)
  const values = [...text.matchAll(/"(?:[^"\\]|\\.)*"(?!:)|-?\d[\d.e+-]*|true|null|\[\]|\{\}/g)]
  if (values.length === 0) return text
  const { index, 0: value } = random.pick(values)
  const other = random.pick([
    () => JSON.stringify(json(random)),
    () =>
      random.pick([
        '1e999',
        '-1e-400',
        '"__proto__"',
        '{"__proto__":{"a":1}}',
        '{"toString":1}',
        '8.65e15',
        '[[[]]]',
      ]),
    () => `"${'long '.repeat(random.pick([10, 2000]))}"`,
  ])()
  return text.slice(0, index) + other + text.slice(index + value.length)
}

function goodAnswer(path: string, body: string): unknown {
  const random = new Random(seedOf(path + body), 1)
  if (path.endsWith('/graphql')) return { data: { analyze: { fields: yauaaFields(random) } } }
  if (path.startsWith('/api/historical/'))
    return { base: 'USD', rates: { EUR: 0.885936, GBP: 0.790855, USD: 1, JPY: 107.5, KWD: 0.3 } }
  if (path.startsWith('/data/2.5/history/')) return { cod: '200', list: weather(path) }
  if (path.startsWith('/remote'))
    return { events: [{ e: 'pv', p: 'web', tv: 'remote', aid: 'a' }, { e: 'se' }] }
  return { record: { userId: `u${random.below(100)}`, a: random.below(10), email: 'a@example.com' } }
}

function yauaaFields(random: Random): unknown {
  const values = {
    DeviceClass: random.pick(['Desktop', 'Phone', 'Robot']),
    AgentName: 'Chrome',
    AgentClass: 'Browser',
  }
  return Object.entries(values).map(([fieldName, value]) => ({ fieldName, value }))
}

function weather(path: string): unknown {
  const start = Number(/start=(\d+)/.exec(path)?.[1] ?? 0)
  return [0, 3600, 7200].map(after => ({
    dt: start + after,
    main: { temp: 300, temp_min: 1, temp_max: 3, pressure: 1000, humidity: 50 },
    wind: { speed: 1, deg: 90 },
    clouds: { all: 1 },
    weather: [{ main: 'Clear', description: 'sky is clear', id: 800, icon: '01d' }],
  }))
}

function answer({ url = '/', method }: IncomingMessage, body: string, response: ServerResponse): void {
  const random = new Random(seedOf(`${method} ${url} ${body}`))
  const good = goodAnswer(url, body)
  if (random.chance(0.88)) response.setHeader('content-type', 'application/json').end(JSON.stringify(good))
  else random.pick(bad)(response, good, random)
}

export function httpServer(): Server {
  return createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('error', () => {})
    response.on('error', () => {})
    request.on('end', () => answer(request, Buffer.concat(pieces).toString('latin1'), response))
  })
}
