import { Socket } from 'node:net'
import type { SqlDatabase, SqlRows, SqlValue } from '../core/index.ts'
import { messageOf } from '../lib/index.ts'
import { OutsideFailure } from './circuit.ts'

/** Connections to one database, made when they are needed. */
export interface SqlPool {
  /**
   * One prepared statement with its values. Closes its connection when the signal aborts. An error is one of this
   * question; throws an OutsideFailure when the database cannot be reached, breaks off or is overloaded.
   */
  query(values: readonly SqlValue[], signal: AbortSignal): Promise<SqlRows | { readonly error: string }>
  close(): Promise<void>
}

export interface SqlPoolOptions {
  readonly database: SqlDatabase
  /** With `?` for every value. */
  readonly sql: string
  readonly connections: number
  readonly timeoutMs: number
}

/** The database cannot be reached, has broken off or is overloaded. */
export function databaseFailure(error: unknown): OutsideFailure {
  return new OutsideFailure(`the database cannot be asked: ${messageOf(error)}`)
}

/** More rows than this are an error: an event cannot carry them. */
export const maxRows = 10_000

export const tooManyRows = { error: `the query gave more than ${maxRows} rows` }

/**
 * When the server is to give a statement up, whose caller has gone by then. A little later than the caller, so that what
 * the caller is told is no matter of chance.
 */
export function serverLimitMs(timeoutMs: number): number {
  return Math.ceil(timeoutMs) + 500
}

/** Nobody holds a connection for nothing. */
export const idleMs = 30_000

// An event cannot carry them, and a thread would not survive many of them.
const maxAnswerMib = 16

export const tooLarge = { error: `the query gave more than ${maxAnswerMib} MiB` }

// Between two looks at how much came in. A driver takes a few MB in this time.
const lookMs = 20

/** Looks at how much comes in for one answer, because drivers hold all of it before they give any. */
export class AnswerMeter {
  exceeded = false
  readonly #timer: NodeJS.Timeout

  /** `end` is called when it is too much. */
  constructor(socket: Socket | undefined, end: () => void) {
    const before = socket?.bytesRead ?? 0
    this.#timer = setInterval(() => {
      if ((socket?.bytesRead ?? 0) - before <= maxAnswerMib * 1024 * 1024) return
      this.exceeded = true
      this.stop()
      end()
    }, lookMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

/** What a connection of a driver speaks through: both drivers have it at `connection.stream`. */
export function socketOf(client: object): Socket | undefined {
  const connection = 'connection' in client ? client.connection : undefined
  if (typeof connection !== 'object' || connection === null || !('stream' in connection)) return undefined
  return connection.stream instanceof Socket ? connection.stream : undefined
}
