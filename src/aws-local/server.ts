import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf, systemClock, type Clock } from '../lib/index.ts'
import { AwsError } from './aws-error.ts'
import { answerKinesis, Kinesis, type Answer, type KinesisOptions } from './kinesis/index.ts'
import { readBody } from './request.ts'

export interface AwsLocalOptions extends Partial<KinesisOptions> {
  /** On 127.0.0.1; 0, or absent, takes a free one. */
  readonly port?: number
}

/** Stand-ins for AWS services, in this process, in memory, on loopback. */
export interface AwsLocal {
  readonly port: number
  /** What an SDK's client is given as its endpoint. */
  readonly endpoint: string
  /** Breaks what is still connected. May be called twice. */
  close(): Promise<void>
}

/** Starts one server that speaks for all services. It checks no signature. */
export async function startAwsLocal(options: AwsLocalOptions = {}): Promise<AwsLocal> {
  const { port = 0, clock = systemClock, region = 'us-east-1', accountId = '000000000000' } = options
  const kinesis = new Kinesis({ ...options, clock, region, accountId })
  const server = createServer((request, response) => void handle(kinesis, request, response))
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

async function handle(kinesis: Kinesis, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('x-amzn-RequestId', randomUUID())
  try {
    const body = await bodyOf(request)
    stamp(kinesis.clock, response)
    await send(answer(kinesis, request, body), response)
  } catch (error) {
    stamp(kinesis.clock, response)
    refuse(error, response)
  }
}

/** The date of an answer is the server's own clock: callers tell the time by it. */
function stamp(clock: Clock, response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Date', new Date(clock.now()).toUTCString())
}

function answer(kinesis: Kinesis, { headers }: IncomingMessage, body: Buffer): Answer {
  const [service, operation = ''] = String(headers['x-amz-target'] ?? '').split('.')
  if (service !== 'Kinesis_20131202')
    throw new AwsError('UnknownOperationException', `Unknown target ${service}`)
  return answerKinesis(kinesis, operation, readBody(body))
}

// 10 MiB of records in base64, and their keys.
const maxBodyBytes = 32 * 1024 * 1024

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
  return Buffer.concat(chunks)
}

const contentType = 'application/x-amz-json-1.1'

async function send(answer: Answer, response: ServerResponse): Promise<void> {
  if (answer.kind === 'json') {
    response.writeHead(200, { 'Content-Type': contentType }).end(JSON.stringify(answer.body))
    return
  }
  response.writeHead(200, { 'Content-Type': 'application/vnd.amazon.eventstream' }).flushHeaders()
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

/** As AWS writes a refusal; a bug of ours looks like an accident of theirs, and says what it was. */
function refuse(error: unknown, response: ServerResponse): void {
  if (response.destroyed || response.headersSent) {
    response.destroy()
    return
  }
  const { code, message, status, fields } =
    error instanceof AwsError ? error : new AwsError('InternalFailure', messageOf(error), { status: 500 })
  response
    .writeHead(status, { 'Content-Type': contentType, 'x-amzn-ErrorType': code })
    .end(JSON.stringify({ __type: code, message, ...fields }))
}
