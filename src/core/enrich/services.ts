/*
 * What enrichments get from outside. Core opens nothing: whoever builds it hands these in, and each has a room of its
 * own beside `core` (assets, lookups).
 */

/** A file in use. `current` changes when a newer one has arrived and was found good. */
export interface Asset<T> {
  readonly current: T
}

/** The files that enrichments need: databases, lists, rules. */
export interface Assets {
  /**
   * Fetches a file and makes of it what the enrichment uses. `load` is called with its bytes, and again with those of a
   * newer one: what it throws then leaves the old one in use. Rejects with a MillraceError when the first cannot be had
   * or is refused by `load`. The bytes may be shared by threads: nobody writes there.
   */
  open<T>(uri: string, load: (bytes: Uint8Array) => T): Promise<Asset<T>>
}

/** What a lookup gave. Errors are plain sentences without credentials: they stand in bad rows. */
export type Answer<T> = { readonly value: T } | { readonly error: string }

/** A question to the outside behind a cache and a circuit. Gives what it knows at once; never throws or rejects. */
export interface Lookup<Q, T> {
  ask(key: string, question: Q): Answer<T> | Promise<Answer<T>>
}

/** How answers are kept. */
export interface CacheOptions {
  /** Answers; 0: none is kept. */
  readonly size: number
  readonly ttlMs: number
  /** For errors. While it lasts, the last good answer is given instead of an error that came after it. */
  readonly errorTtlMs: number
}

interface LookupOptions {
  /** The enrichment that asks. */
  readonly name: string
  /** For one call, connecting included. */
  readonly timeoutMs: number
  readonly cache: CacheOptions
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface HttpResponse {
  readonly status: number
  readonly body: string
}

export interface HttpLookupOptions<T> extends LookupOptions {
  /** Calls under way at once; absent: many. */
  readonly concurrency?: number
  /** Makes of a response what is kept. Whatever it throws is an error of the response. */
  readonly read: (response: HttpResponse) => Answer<T>
}

export interface SqlDatabase {
  readonly kind: 'postgresql' | 'mysql'
  readonly host: string
  readonly port: number
  readonly ssl: boolean
  readonly username: string
  readonly password: string
  readonly database: string
}

export type SqlValue = string | number | boolean | bigint

/** What a column holds. `other`: text whose meaning the database knows. */
export type SqlType = 'integer' | 'number' | 'boolean' | 'text' | 'date' | 'other'

export interface SqlRows {
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[]
  /** Texts as the database writes them; null: NULL. */
  readonly rows: readonly (readonly (string | null)[])[]
}

export interface SqlLookupOptions<T> extends LookupOptions {
  readonly database: SqlDatabase
  /** With `?` for every value. */
  readonly sql: string
  readonly read: (rows: SqlRows) => Answer<T>
}

/** Calls to the outside. Nothing is opened before the first question. */
export interface Lookups {
  http<T>(options: HttpLookupOptions<T>): Lookup<HttpRequest, T>
  sql<T>(options: SqlLookupOptions<T>): Lookup<readonly SqlValue[], T>
}

/** JavaScript of people who configure this program, in a sandbox. */
export interface Scripts {
  /** Rejects with a MillraceError when the script cannot be compiled, has no `process` or needs what is not there. */
  compile(source: string, parameters: object): Promise<Script>
}

export interface Script {
  /**
   * Calls the script's `process` for one event: its columns in their order, separated by tabs, and the request's
   * headers. Never throws; a promise only while a sandbox that broke is made anew.
   */
  call(row: string, headers: readonly string[]): ScriptReply | Promise<ScriptReply>
}

/**
 * What a script gave back: JSON text of `{ error, contexts, changes, dropped, erased }`, or nothing when there is nothing
 * to say. Scripts can put anything there. Or why it was stopped.
 */
export type ScriptReply = { readonly reply: string } | { readonly error: string }

/** Where Yauaa's web service is and how patiently it is asked. Plain data. */
export interface YauaaOptions {
  /** Where its pages begin, such as `http://localhost:8080`. */
  readonly url: string
  /** For one call, connecting included. */
  readonly timeoutMs: number
  readonly maxConnections: number
}

export interface EnrichmentServices {
  readonly assets: Assets
  readonly lookups: Lookups
  readonly scripts: Scripts
  /** Absent: nobody runs one. */
  readonly yauaa?: YauaaOptions
}
