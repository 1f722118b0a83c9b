import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Backoff, MillraceError, type Clock, type ErrorCode } from '../../lib/index.ts'
import type { HeartbeatFile } from './heartbeat-file.ts'
import type { Changed, LogFile } from './log-file.ts'
import type { SqliteFileOptions } from './sqlite-file.ts'

export interface ThreadOptions extends SqliteFileOptions {
  readonly kind: 'log' | 'heartbeats'
}

export interface Question {
  readonly id: number
  readonly method: string
  readonly values: readonly unknown[]
  /** Moved here, and done with once the question is answered. */
  readonly buffers?: readonly ArrayBuffer[]
}

/** Only a bug has neither a code nor `retryable`. */
export interface Failure {
  readonly message: string
  readonly code?: ErrorCode
  readonly retryable?: boolean
  readonly resultCode?: number
  /** What to do about it, where the result code does not tell. */
  readonly advice?: string
  readonly stack?: string
}

export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: Failure }
  | { readonly changed: Changed }

/** What a call is for, so that a failure can tell: `put 12 records on raw`. */
export interface Purpose {
  readonly code: ErrorCode
  readonly doing: string
  /** Buffers that move to the thread: the caller must not use them afterwards. */
  readonly transfer?: readonly ArrayBuffer[]
}

interface Pending {
  readonly purpose: Purpose
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

interface Post {
  readonly question: Question
  readonly transfer: readonly ArrayBuffer[]
}

export interface ThreadParts {
  readonly clock: Clock
  readonly onChange?: (changed: Changed) => void
}

// Starting a thread takes some 50 ms of a core.
const restarts = { minMs: 100, maxMs: 10_000 }

type Methods<File> = {
  [Name in keyof File]: File[Name] extends (...values: infer Values) => infer Value
    ? (...values: Values) => Value
    : never
}

export type LogThread = FileThread<LogFile>
export type HeartbeatThread = FileThread<HeartbeatFile>

/**
 * A file in a thread of its own: SQLite's calls block, and must never keep a renewal or a reader waiting. Calls are
 * answered in order. When the thread dies, its calls are rejected as retryable, and the next one starts another: at once
 * when this one had answered something, otherwise after a delay that grows, because the next one will hardly do better.
 */
export class FileThread<File> {
  readonly path: string
  readonly #options: ThreadOptions
  readonly #onChange: (changed: Changed) => void
  readonly #pending = new Map<number, Pending>()
  readonly #clock: Clock
  readonly #backoff: Backoff
  /** Questions that came during the delay before the next thread; undefined: there is none. */
  #resting: Post[] | undefined
  readonly #closing = new AbortController()
  #worker: Worker | undefined
  /** This thread has answered something. */
  #works = false
  #lastId = 0
  #closed: Promise<void> | undefined

  constructor(options: ThreadOptions, { clock, onChange = () => {} }: ThreadParts) {
    this.path = options.path
    this.#options = options
    this.#onChange = onChange
    this.#clock = clock
    this.#backoff = new Backoff(restarts, clock)
  }

  call<Name extends keyof Methods<File> & string>(
    purpose: Purpose,
    method: Name,
    ...values: Parameters<Methods<File>[Name]>
  ): Promise<ReturnType<Methods<File>[Name]>> {
    if (this.#closed !== undefined) return Promise.reject(this.#error(purpose, closed))
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const id = ++this.#lastId
    this.#pending.set(id, { purpose, resolve, reject })
    const { transfer: buffers = [] } = purpose
    this.#post({ id, method, values, buffers }, buffers)
    return promise as Promise<ReturnType<Methods<File>[Name]>>
  }

  watch(): void {
    if (this.#closed === undefined) this.#post({ id: 0, method: 'watch', values: [] })
  }

  unwatch(): void {
    this.#resting = this.#resting?.filter(({ question }) => question.method !== 'watch')
    this.#worker?.postMessage({ id: 0, method: 'unwatch', values: [] })
  }

  /** Answers what was asked before, then closes the file. */
  close(): Promise<void> {
    this.#closed ??= this.#stop()
    return this.#closed
  }

  async #stop(): Promise<void> {
    this.#closing.abort()
    const worker = this.#worker
    if (worker === undefined) return
    const { promise, resolve } = Promise.withResolvers<void>()
    worker.once('exit', () => resolve())
    this.#post({ id: 0, method: 'close', values: [] })
    await promise
  }

  #post(question: Question, transfer: readonly ArrayBuffer[] = []): void {
    if (this.#resting !== undefined) {
      this.#resting.push({ question, transfer })
      return
    }
    this.#worker ??= this.#start()
    this.#worker.postMessage(question, [...transfer])
  }

  async #rest(): Promise<void> {
    this.#resting = []
    await this.#clock.sleep(this.#backoff.nextMs(), this.#closing.signal)
    const waiting = this.#resting
    this.#resting = undefined
    if (this.#closed !== undefined) return this.#rejectAll(closed)
    for (const { question, transfer } of waiting) this.#post(question, transfer)
  }

  #start(): Worker {
    // `.ts` from the sources, `.js` from the package.
    const entry = new URL(`./file-thread${extname(import.meta.url)}`, import.meta.url)
    const worker = new Worker(entry, {
      workerData: this.#options,
      resourceLimits: { maxYoungGenerationSizeMb: 6 },
    })
    worker.on('message', (answer: Answer) => this.#settle(answer))
    worker.on('error', error => this.#died(worker, error.message))
    worker.on('exit', () => this.#died(worker, 'its thread ended'))
    return worker
  }

  #settle(answer: Answer): void {
    this.#works = true
    if ('changed' in answer) return this.#onChange(answer.changed)
    const pending = this.#pending.get(answer.id)
    this.#pending.delete(answer.id)
    if ('error' in answer) pending?.reject(this.#error(pending.purpose, answer.error))
    else pending?.resolve(answer.value)
  }

  #died(worker: Worker, message: string): void {
    if (worker !== this.#worker) return
    this.#worker = undefined
    const pauses = !this.#works
    this.#works = false
    this.#rejectAll({ message, retryable: true })
    if (pauses) void this.#rest()
    // Whoever waits for news looks again, and starts a thread by that.
    this.#onChange('all')
  }

  #rejectAll(failure: Failure): void {
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { purpose, reject } of pending) reject(this.#error(purpose, failure))
  }

  #error({ code, doing }: Purpose, failure: Failure): Error {
    if (failure.code !== undefined) {
      return new MillraceError(failure.code, failure.message, { retryable: failure.retryable ?? false })
    }
    const cause = Object.assign(
      new Error(failure.message),
      failure.stack === undefined ? {} : { stack: failure.stack },
    )
    if (failure.retryable === undefined) return cause
    const next = failure.advice ?? advice.get(failure.resultCode ?? 0) ?? 'try again'
    const message = `cannot ${doing} in ${this.path}: ${failure.message}; ${next}`
    return new MillraceError(code, message, { retryable: failure.retryable, cause })
  }
}

const closed: Failure = { message: 'it is closed', retryable: false }

const diskAdvice = 'check its disk, and that this user may write there'
// A reader writes too: into the memory that all connections share.
const rightAdvice = 'readers, too, need the right to write it: run this as the user whose file it is'
const damageAdvice = 'the file is damaged; stop every process and restore it'

// What to do about SQLite's result codes: https://sqlite.org/rescode.html
const advice = new Map([
  [5, 'another process holds the lock; look for one that hangs if this lasts'],
  [8, rightAdvice],
  [10, diskAdvice],
  [11, damageAdvice],
  [13, 'nothing was written; free space on its disk'],
  [14, diskAdvice],
  [26, damageAdvice],
])
