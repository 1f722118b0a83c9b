import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { startCollector } from '../src/collector/index.ts'
import { configDefaults } from '../src/config/index.ts'
import { systemClock } from '../src/lib/index.ts'
import type { NewRecord, Producer } from '../src/streams/index.ts'

export interface CollectorFigures {
  readonly requestsPerSecond: number
  /** Of the server's thread. Says more than the requests per second where other things run on the machine. */
  readonly cpuMicrosPerRequest: number
  readonly recordsPerPut: number
  /** Of a request, from written to answered, by the client. */
  readonly p50Ms: number
  readonly p99Ms: number
}

interface Load {
  readonly port: number
  readonly connections: number
  readonly eventsPerRequest: number
  readonly requests: number
}

/** Takes as long as a stream in the same region, and forgets what it took. */
class ForgetfulStream implements Producer {
  readonly stream = 'raw'
  readonly maxRecordBytes = 1024 * 1024
  records = 0
  puts = 0

  async put(records: readonly NewRecord[]): Promise<void> {
    // A PutRecords call takes some 10 ms.
    await systemClock.sleep(10)
    this.records += records.length
    this.puts++
  }

  async close(): Promise<void> {}
}

interface Target {
  readonly name: string
  readonly port: number
  readonly producer: ForgetfulStream
  readonly stop: () => Promise<void>
}

/** Requests per second of one process, from a client thread that posts on many connections. */
export async function benchCollector(): Promise<void> {
  for (const eventsPerRequest of [1, 10]) {
    for (const open of [openBare, openCollector]) {
      const target = await open()
      const figures = await measure(target, { eventsPerRequest, connections: 256, requests: 20_000 })
      await target.stop()
      print(target.name, eventsPerRequest, figures)
    }
  }
}

async function openCollector(): Promise<Target> {
  const producer = new ForgetfulStream()
  const parts = { producer, clock: systemClock, observe: () => {} }
  const processor = { artifact: 'bench', version: '0.0.0' }
  const collector = await startCollector({ ...configDefaults.collector, processor, port: 0 }, parts)
  return { name: 'collector', port: collector.port, producer, stop: () => collector.stop() }
}

/** The baseline: an HTTP server that reads the body and does nothing with it but wait for the stream. */
async function openBare(): Promise<Target> {
  const producer = new ForgetfulStream()
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      void producer.put([]).then(() => response.end('ok'))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = () => new Promise<void>(resolve => void server.close(() => resolve()))
  return { name: 'node:http alone', port: (server.address() as AddressInfo).port, producer, stop }
}

function print(name: string, eventsPerRequest: number, figures: CollectorFigures): void {
  const { requestsPerSecond, cpuMicrosPerRequest, recordsPerPut, p50Ms, p99Ms } = figures
  console.log(
    `${name}, ${eventsPerRequest} events per POST, 256 connections: ${requestsPerSecond.toFixed(0)} requests/s, ` +
      `${(requestsPerSecond * eventsPerRequest).toFixed(0)} events/s, ${cpuMicrosPerRequest.toFixed(0)} µs CPU each, ` +
      `${recordsPerPut.toFixed(0)} records per put, ` +
      `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`,
  )
}

async function measure({ port, producer }: Target, load: Omit<Load, 'port'>): Promise<CollectorFigures> {
  // Once to warm up, once to count.
  await drive({ ...load, port, requests: load.requests / 2 })
  const before = { records: producer.records, puts: producer.puts }
  const cpu = process.threadCpuUsage()
  const { seconds, latencies } = await drive({ ...load, port })
  const { user, system } = process.threadCpuUsage(cpu)
  latencies.sort((a, b) => a - b)
  return {
    requestsPerSecond: load.requests / seconds,
    cpuMicrosPerRequest: (user + system) / load.requests,
    recordsPerPut: (producer.records - before.records) / (producer.puts - before.puts),
    p50Ms: latencies[Math.floor(latencies.length * 0.5)] ?? NaN,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? NaN,
  }
}

interface Driven {
  readonly seconds: number
  readonly latencies: number[]
}

async function drive(load: Load): Promise<Driven> {
  const worker = new Worker(new URL(import.meta.url), { workerData: load })
  const { promise, resolve, reject } = Promise.withResolvers<Driven>()
  worker.on('message', resolve)
  worker.on('error', reject)
  return promise
}

function requestOf(eventsPerRequest: number): Buffer {
  const event = {
    e: 'pv',
    p: 'web',
    tv: 'js-4.8.0',
    aid: 'shop',
    eid: 'f3d0f0b2-2f0e-4a0e-9a4c-1b1d8c9a5e11',
    dtm: '1767225600000',
    url: 'https://shop.acme.com/products/42?utm_source=newsletter',
    page: 'Product 42',
    refr: 'https://www.google.com/',
    cx: 'eyJzY2hlbWEiOiJpZ2x1OmNvbS5zbm93cGxvd2FuYWx5dGljcy5zbm93cGxvdy9jb250ZXh0cyJ9'.repeat(4),
  }
  const body = JSON.stringify({
    schema: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4',
    data: Array.from({ length: eventsPerRequest }, () => event),
  })
  const lines = [
    'POST /com.snowplowanalytics.snowplow/tp2 HTTP/1.1',
    'Host: collector.acme.com',
    'Content-Type: application/json; charset=UTF-8',
    'Origin: https://shop.acme.com',
    'Referer: https://shop.acme.com/',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140 Safari/537.36',
    'X-Forwarded-For: 203.0.113.7',
    'Cookie: sp=0f3e7b2a-51f4-4d6e-9b46-6b1f0a7c2d11',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`)
}

/** The client: on each connection, a request after each answer, until all are sent. */
async function client({ port, connections, requests, eventsPerRequest }: Load): Promise<Driven> {
  const request = requestOf(eventsPerRequest)
  const latencies: number[] = []
  let left = requests
  const started = performance.now()
  const { promise, resolve, reject } = Promise.withResolvers<Driven>()
  for (let index = 0; index < connections; index++) {
    const socket = connect(port, '127.0.0.1').setNoDelay(true)
    let sentAt = 0
    const send = () => {
      if (left-- <= 0) return socket.end()
      sentAt = performance.now()
      return socket.write(request)
    }
    socket.on('error', reject)
    socket.on('connect', send)
    // An answer is one packet on the loopback.
    socket.on('data', answer => {
      if (!answer.includes('HTTP/1.1 200')) reject(new Error(answer.toString()))
      latencies.push(performance.now() - sentAt)
      if (latencies.length === requests) resolve({ seconds: (performance.now() - started) / 1000, latencies })
      send()
    })
  }
  return promise
}

if (!isMainThread && parentPort !== null) {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort.postMessage(await client(workerData as Load))
}
