import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { messageOf, systemClock, type Clock } from '../lib/index.ts'
import { AwsError } from './aws-error.ts'
import { cloudWatchService } from './cloudwatch.ts'
import { Kinesis, kinesisService, type KinesisOptions } from './kinesis/index.ts'
import { s3Service } from './s3/index.ts'
import type { Service, ServiceAnswer } from './service.ts'

export interface AwsLocalOptions extends Partial<KinesisOptions> {
  /** On 127.0.0.1; 0, or absent, takes a free one. */
  readonly port?: number
}

/** Stand-ins for AWS services, in this process, in memory, on loopback. */
export interface AwsLocal {
  readonly port: number
  /** What an SDK's client is given as its endpoint, whatever the service. */
  readonly endpoint: string
  /** Breaks what is still connected. May be called twice. */
  close(): Promise<void>
}

// Longer than a client keeps an idle connection for later: it would find it closed under its hands.
const keepAliveTimeout = 75_000

/** Starts one server that speaks for all services. It checks no signature. */
export async function startAwsLocal(options: AwsLocalOptions = {}): Promise<AwsLocal> {
  const { port = 0, clock = systemClock, region = 'us-east-1', accountId = '000000000000' } = options
  const services = servicesOf({ ...options, clock, region, accountId })
  const server = createServer(
    { keepAliveTimeout },
    (request, response) => void handle(services, clock, request, response),
  )
  const listening = Promise.withResolvers<void>()
  server.once('error', listening.reject).listen(port, '127.0.0.1', listening.resolve)
  await listening.promise
  const closed = Promise.withResolvers<void>()
  server.once('close', closed.resolve)
  const bound = (server.address() as AddressInfo).port
  return {
    port: bound,
    endpoint: `http://127.0.0.1:${bound}`,
    close: () => {
      server.close()
      server.closeAllConnections()
      return closed.promise
    },
  }
}

/** By what X-Amz-Target says before the dot. S3 is what says nothing. */
type Services = (target: string) => Service

function servicesOf(options: KinesisOptions): Services {
  const kinesis = kinesisService(new Kinesis(options))
  const cloudWatch = cloudWatchService(options.clock)
  const s3 = s3Service(options.clock)
  return target => {
    if (target === '') return s3
    if (target === 'GraniteServiceVersion20100801') return cloudWatch
    if (target === 'Kinesis_20131202') return kinesis
    return {
      ...kinesis,
      answer: () => {
        throw new AwsError('UnknownOperationException', `Unknown target ${target}`)
      },
    }
  }
}

async function handle(
  services: Services,
  clock: Clock,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const service = services(String(request.headers['x-amz-target'] ?? '').split('.', 1)[0] ?? '')
  const asked = { method: request.method ?? '', url: new URL(request.url ?? '/', 'http://aws') }
  response.setHeader('x-amzn-RequestId', randomUUID())
  try {
    const body = await bodyOf(request)
    stamp(clock, response)
    await send(service.answer({ ...asked, headers: request.headers, body }), response)
  } catch (error) {
    if (response.headersSent || response.destroyed) {
      response.destroy()
      return
    }
    stamp(clock, response)
    await send(service.refuse(refusalOf(error), asked), response)
  }
}

/** A bug of ours looks like an accident of theirs, and says what it was. */
function refusalOf(error: unknown): AwsError {
  return error instanceof AwsError
    ? error
    : new AwsError('InternalFailure', messageOf(error), { status: 500 })
}

/** The date of an answer is the server's own clock: callers tell the time by it. */
function stamp(clock: Clock, response: ServerResponse): void {
  response.setHeader('Date', new Date(clock.now()).toUTCString())
}

// Far more than 10 MiB of records in base64, or than a part of an object that anybody would hold in memory.
const maxBodyBytes = 128 * 1024 * 1024

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > maxBodyBytes) {
      throw new AwsError('RequestEntityTooLarge', `More than ${maxBodyBytes} bytes.`, { status: 413 })
    }
  }
  const body = Buffer.concat(chunks)
  // Clients of CloudWatch compress what is long. An object of S3 is kept as it comes.
  const packed =
    request.headers['x-amz-target'] !== undefined && request.headers['content-encoding'] === 'gzip'
  return packed ? gunzipSync(body, { maxOutputLength: maxBodyBytes }) : body
}

async function send(answer: ServiceAnswer, response: ServerResponse): Promise<void> {
  if (answer.kind === 'whole') {
    response.writeHead(answer.status, answer.headers).end(answer.body)
    return
  }
  response.writeHead(200, { 'Content-Type': answer.contentType }).flushHeaders()
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  for await (const frame of answer.frames(gone.signal)) {
    if (!response.write(frame)) await drained(response)
  }
  response.end()
}

function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve()
  return new Promise(resolve => {
    const done = () => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.once('drain', done).once('close', done)
  })
}
