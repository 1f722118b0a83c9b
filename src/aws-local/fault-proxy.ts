import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock, type Clock } from '../lib/index.ts'
import { planFault, type Fault, type FaultChances, type FaultPlan } from './fault-plan.ts'
import { partialPut } from './partial-put.ts'

export interface FaultProxyOptions extends FaultPlan {
  /** `http://host:port` of the server behind. */
  readonly endpoint: string
  /** On 127.0.0.1; 0, or absent, takes a free one. */
  readonly port?: number
  readonly clock?: Clock
  /** How long a caller waits in silence when its answer is dropped, before the connection breaks. */
  readonly silentMs?: number
  /** Which operations are counted and may be struck; all, when absent. */
  readonly strikes?: (operation: string) => boolean
  /** Operations that the caller has no permission for. They are refused before anything else happens to them. */
  readonly denies?: (operation: string) => boolean
  /** Told of each request that was counted. */
  readonly onFault?: (struck: Struck) => void
  /** Told of each request when it is passed on. */
  readonly onForward?: (passed: Passed) => void
}

/** A request as it is passed on to the server behind. */
export interface Passed {
  readonly operation: string
  readonly body: Buffer
  readonly fault: Fault
  /** From when it had come to when it is passed on. */
  readonly heldMs: number
}

export interface Struck {
  /** Counted from 0. */
  readonly request: number
  /** As X-Amz-Target names it; the method, where there is none. */
  readonly operation: string
  readonly fault: Fault
}

/** Whose requests are meant: those with a header, those of a connection from a port, or all. */
export type Caller =
  { readonly header: string; readonly value: string } | { readonly port: number } | 'everybody'

/** Plain HTTP that goes wrong on purpose, the same way for the same seed. */
export interface FaultProxy {
  readonly port: number
  readonly endpoint: string
  /** How often each fault strikes from now on, and `mostMs` of the plan. */
  strike(chances: FaultChances, mostMs?: number): void
  /** Nothing of this caller gets through, and nothing gets back, until it is healed: it waits in silence. */
  partition(caller: Caller): void
  /** Ends all partitions. What was caught in one is lost, its connections broken. */
  heal(): void
  /** Requests wait, and answers too, until `resume`. */
  pause(): void
  resume(): void
  close(): Promise<void>
}

export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = new FaultyProxy(options)
  await proxy.listen(options.port ?? 0)
  return proxy
}

interface Arrived {
  readonly message: IncomingMessage
  readonly response: ServerResponse
  readonly body: Buffer
  readonly number: number
  /** Own monotonic time. */
  readonly at: number
  readonly fault: Fault
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: IncomingMessage | Buffer
}

// Longer than a client keeps an idle connection for later: what breaks here breaks by plan.
const keepAliveTimeout = 75_000

/**
 * A request is read whole, numbered, and meets its fault. Partitions and pauses are looked at twice: before a request
 * is forwarded, and before its answer is given back.
 */
class FaultyProxy implements FaultProxy {
  readonly #options: FaultProxyOptions
  readonly #clock: Clock
  readonly #server
  readonly #agent = new Agent({ keepAlive: true })
  readonly #partitions: Caller[] = []
  readonly #caught = new Set<IncomingMessage>()
  readonly #closed = new AbortController()
  #plan: FaultPlan
  #paused: PromiseWithResolvers<void> | undefined
  #count = 0

  constructor(options: FaultProxyOptions) {
    this.#options = options
    this.#plan = options
    this.#clock = options.clock ?? systemClock
    this.#server = createServer(
      { keepAliveTimeout },
      (message, response) => void this.#serve(message, response),
    )
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async listen(port: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#server.once('error', reject).listen(port, '127.0.0.1', resolve)
    await promise
  }

  strike(chances: FaultChances, mostMs?: number): void {
    const { seed } = this.#options
    this.#plan = { seed, chances, ...(mostMs !== undefined && { mostMs }) }
  }

  partition(caller: Caller): void {
    this.#partitions.push(caller)
  }

  heal(): void {
    this.#partitions.length = 0
    for (const message of this.#caught) message.socket.destroy()
    this.#caught.clear()
  }

  pause(): void {
    this.#paused ??= Promise.withResolvers()
  }

  resume(): void {
    this.#paused?.resolve()
    this.#paused = undefined
  }

  async close(): Promise<void> {
    this.#closed.abort()
    this.resume()
    const closed = new Promise(resolve => this.#server.close(resolve))
    this.#server.closeAllConnections()
    this.#agent.destroy()
    await closed
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await bodyOf(message)
      const at = this.#clock.monotonic()
      const { request: number, operation, fault } = this.#strike(message)
      await this.#paused?.promise
      if (this.#options.denies?.(operation) === true) return deny(message, response, operation)
      if (!this.#cutOff(message)) await this.#meet({ message, response, body, number, at, fault })
    } catch {
      // The caller, or the server behind, has hung up.
      message.socket.destroy()
    }
  }

  #strike(message: IncomingMessage): Struck {
    const operation = operationOf(message)
    if (this.#options.strikes?.(operation) === false)
      return { request: -1, operation, fault: { kind: 'none' } }
    const number = this.#count++
    const struck = { request: number, operation, fault: planFault(this.#plan, number) }
    this.#options.onFault?.(struck)
    return struck
  }

  async #meet(arrived: Arrived): Promise<void> {
    const { message, response, fault } = arrived
    switch (fault.kind) {
      case 'none':
        return this.#reply(arrived, await this.#forward(arrived))
      case 'delay':
        await this.#clock.sleep(fault.ms, this.#closed.signal)
        return this.#reply(arrived, await this.#forward(arrived))
      case 'throttle':
        return refuse(message, response, { status: 400, code: 'ProvisionedThroughputExceededException' })
      case 'error':
        return refuse(message, response, { status: 500, code: 'InternalFailure' })
      case 'drop-request':
        message.socket.destroy()
        return
      case 'drop-reply':
        await whole(await this.#forward(arrived))
        await this.#clock.sleep(this.#options.silentMs ?? 0, this.#closed.signal)
        message.socket.destroy()
        return
      case 'error-reply':
        await whole(await this.#forward(arrived))
        return refuse(message, response, { status: 500, code: 'InternalFailure' })
      case 'late':
        message.socket.destroy()
        await this.#clock.sleep(fault.ms, this.#closed.signal)
        if (!this.#closed.signal.aborted) await whole(await this.#forward(arrived))
        return
      case 'partial':
        return this.#reply(arrived, await this.#partly(arrived, fault.share))
    }
  }

  /** Forwards what is left of a PutRecords, and makes the answer whole. */
  async #partly(arrived: Arrived, share: number): Promise<Answer> {
    if (!operationOf(arrived.message).endsWith('.PutRecords')) return this.#forward(arrived)
    const { body, answer } = partialPut(arrived.body, share, [this.#options.seed, arrived.number])
    if (body === undefined) return { status: 200, headers: typeOf(arrived.message), body: answer(undefined) }
    const { status, headers, body: said } = await this.#forward({ ...arrived, body })
    const { 'content-length': _, ...rest } = headers
    const all = await bytesOf(said)
    return status === 200
      ? { status, headers: rest, body: answer(all) }
      : { status, headers: rest, body: all }
  }

  async #forward({ message, body, at, fault }: Arrived): Promise<Answer> {
    const heldMs = this.#clock.monotonic() - at
    this.#options.onForward?.({ operation: operationOf(message), body, fault, heldMs })
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const { connection: _, 'transfer-encoding': __, ...headers } = message.headers
    const onward = request(new URL(message.url ?? '/', this.#options.endpoint), {
      method: message.method ?? 'GET',
      headers: { ...headers, 'content-length': body.length },
      agent: this.#agent,
    })
    onward.on('error', reject).on('response', resolve).end(body)
    const answer = await promise
    const { connection: ___, 'transfer-encoding': ____, ...told } = answer.headers
    return { status: answer.statusCode ?? 502, headers: told, body: answer }
  }

  async #reply({ message, response }: Arrived, { status, headers, body }: Answer): Promise<void> {
    await this.#paused?.promise
    if (this.#cutOff(message)) {
      await bytesOf(body)
      return
    }
    response.writeHead(status, headers)
    if (Buffer.isBuffer(body)) {
      response.end(body)
      return
    }
    if (response.destroyed) {
      body.destroy()
      return
    }
    // A long answer ends with whoever hangs up first.
    response.once('close', () => body.destroy())
    body.once('error', () => message.socket.destroy())
    body.pipe(response)
  }

  /** True for a caller behind a partition: it gets no word more. */
  #cutOff(message: IncomingMessage): boolean {
    const cut = this.#partitions.some(caller => isFrom(message, caller))
    if (cut) this.#caught.add(message)
    return cut
  }
}

function isFrom({ headers, socket }: IncomingMessage, caller: Caller): boolean {
  if (caller === 'everybody') return true
  return 'port' in caller ? socket.remotePort === caller.port : headers[caller.header] === caller.value
}

function operationOf({ headers, method }: IncomingMessage): string {
  return headers['x-amz-target']?.toString() ?? method ?? ''
}

function typeOf({ headers }: IncomingMessage): Record<string, string> {
  return { 'content-type': headers['content-type'] ?? 'application/x-amz-json-1.1' }
}

function refuse(
  message: IncomingMessage,
  response: ServerResponse,
  { status, code }: { readonly status: number; readonly code: string },
): void {
  const body = JSON.stringify({ __type: code, message: `${code}: the fault proxy refuses this request` })
  response.writeHead(status, { ...typeOf(message), 'x-amzn-ErrorType': code }).end(body)
}

/** In the words that AWS has for it. */
function deny(message: IncomingMessage, response: ServerResponse, operation: string): void {
  const [target = '', action = operation] = operation.split('.')
  const service = target.split('_', 1)[0]?.toLowerCase()
  const said = `User: arn:aws:iam::000000000000:user/test is not authorized to perform: ${service}:${action}`
  const body = JSON.stringify({ __type: 'AccessDeniedException', Message: said })
  response.writeHead(400, { ...typeOf(message), 'x-amzn-ErrorType': 'AccessDeniedException' }).end(body)
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function bytesOf(body: IncomingMessage | Buffer): Promise<Buffer> | Buffer {
  return Buffer.isBuffer(body) ? body : bodyOf(body)
}

/** Resolves when the server has done its work. An event stream has no end worth waiting for: it is hung up. */
async function whole({ headers, body }: Answer): Promise<void> {
  if (headers['content-type'] !== 'application/vnd.amazon.eventstream') await bytesOf(body)
  else if (!Buffer.isBuffer(body)) body.destroy()
}
