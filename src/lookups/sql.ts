import type { SqlDatabase, SqlRows, SqlValue } from '../core/index.ts'

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
