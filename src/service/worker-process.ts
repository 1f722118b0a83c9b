import { fork, type ChildProcess } from 'node:child_process'
import { Backoff, leanArguments, leanEnvironment, messageOf, MillraceError } from '../lib/index.ts'
import { OpenCircuits, type MillraceEvent } from '../observe/index.ts'
import type { WorkerOrders, WorkerRefusal, WorkerReport } from './child-worker.ts'
import { killAfterMs } from './drain-time.ts'
import type { Running } from './running.ts'
import type { ServiceParts } from './service-parts.ts'

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
const program = new URL(`./child-worker.${extension}`, import.meta.url)

export interface WorkerProcess extends Running {
  /** Of the process that runs now; changes when it is replaced. */
  readonly pid: number | undefined
}

/**
 * Runs a worker in a process of its own, and starts another one when it ends by itself, with growing delays while that
 * fails; not any more when one refuses its configuration. Its events are told to `observe` as if they were ours.
 * Resolves when the first process has started, or has ended and will be followed by another. Rejects with a
 * MillraceError when the first one refuses what no other start would accept.
 */
export async function startWorkerProcess(
  name: string,
  orders: WorkerOrders,
  parts: ServiceParts,
): Promise<WorkerProcess> {
  const keeper = new Keeper(name, orders, parts)
  await keeper.start()
  return keeper
}

class Keeper implements WorkerProcess {
  readonly #name: string
  readonly #orders: WorkerOrders
  readonly #parts: ServiceParts
  readonly #stopping = new AbortController()
  readonly #backoff: Backoff
  #child: ChildProcess | undefined
  #ended: Promise<void> = Promise.resolve()

  constructor(name: string, orders: WorkerOrders, parts: ServiceParts) {
    this.#name = name
    this.#orders = { ...orders, config: named(orders.config, name) }
    this.#parts = parts
    this.#backoff = new Backoff({ minMs: 1000, maxMs: 30_000 }, parts.clock)
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  async start(): Promise<void> {
    try {
      await this.#launch()
    } catch (error) {
      if (!mayPass(error)) throw error
      void this.#replace({ ...noProcess, error: messageOf(error) })
    }
  }

  async #launch(): Promise<void> {
    const env = { ...leanEnvironment, ...process.env }
    const child = fork(program, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env,
      execArgv: [...leanArguments],
    })
    this.#child = child
    this.#ended = new Promise(resolve => child.once('exit', () => resolve()))
    const circuits = new OpenCircuits()
    const started = new Promise<void>((resolve, reject) => {
      child.on('message', (report: WorkerReport) => {
        if ('event' in report) this.#tell(report.event, circuits)
        else if ('started' in report) resolve()
        else reject(this.#refusal(report))
      })
      // Also emitted when a signal or a message does not reach it, which its end tells better.
      child.on('error', reject)
      child.once('exit', (code, signal) => {
        reject(new Error(`${this.#name} ended at start (${signal ?? `exit code ${code}`})`))
      })
    })
    child.send(this.#orders, () => {})
    await started
    child.once('exit', (code, signal) => {
      const openCircuits = circuits.names()
      void this.#replace({ code, signal, ...(openCircuits.length > 0 && { openCircuits }) })
    })
  }

  #tell(event: MillraceEvent, circuits: OpenCircuits): void {
    circuits.observe(event)
    this.#parts.observe(event)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#child?.kill('SIGTERM')
    const { drainMs } = this.#orders.config.worker
    const deadline = setTimeout(() => this.#child?.kill('SIGKILL'), drainMs + killAfterMs)
    await this.#ended
    clearTimeout(deadline)
  }

  async #replace(end: End): Promise<void> {
    const { signal: stopping } = this.#stopping
    if (stopping.aborted) return
    const restartInMs = Math.round(this.#backoff.nextMs())
    this.#parts.observe({ type: 'process-ended', name: this.#name, ...end, restartInMs })
    await this.#parts.clock.sleep(restartInMs, stopping)
    if (stopping.aborted) return
    try {
      await this.#launch()
    } catch (error) {
      this.#failed(error)
    }
  }

  #failed(thrown: unknown): void {
    const error = messageOf(thrown)
    if (mayPass(thrown)) return void this.#replace({ ...noProcess, error })
    if (this.#stopping.signal.aborted) return
    const advice = `${error}; it is not started again: correct this, then restart`
    this.#parts.observe({ type: 'process-ended', name: this.#name, ...noProcess, error: advice })
  }

  #refusal({ refused, code, retryable }: WorkerRefusal): MillraceError {
    return new MillraceError(code, `${this.#name}: ${refused}`, { retryable })
  }
}

/** How a process ended, or why none started. */
interface End {
  readonly code: number | null
  readonly signal: string | null
  readonly error?: string
  readonly openCircuits?: readonly string[]
}

/** Whether another start may do better. What ends without a word was killed, or ran out of memory. */
function mayPass(thrown: unknown): boolean {
  return !(thrown instanceof MillraceError) || thrown.retryable
}

const noProcess = { code: null, signal: null }

function named(config: WorkerOrders['config'], name: string): WorkerOrders['config'] {
  return { ...config, worker: { ...config.worker, name } }
}
