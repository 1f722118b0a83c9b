import { randomUUID } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { MillraceError } from '../../lib/index.ts'
import { makeDirectory, makeFile } from './directory.ts'
import { schemaVersion } from './schema.ts'

export interface SqliteFileOptions {
  readonly path: string
  /** `FULL`: a commit has reached the disk. `NORMAL`: it outlives its process, and a power cut takes the newest. */
  readonly synchronous: 'FULL' | 'NORMAL'
  /** How long to try while another process holds the lock. */
  readonly busyMs: number
  /** The file grows no further than this: stands in for a full disk in tests. */
  readonly maxPageCount?: number
}

// SQLite's result codes, without their extension: https://sqlite.org/rescode.html
const busyCode = 5

// While a process holds the lock its rivals ask again after this long. SQLite's own handler comes to steps of 100 ms,
// and then a process that writes without pause starves the others for seconds.
const retryMinMs = 0.5
const retryMaxMs = 3

// Written pages go into the WAL, and from there into the file in groups of this many, so that syncs are few.
const pagesPerCheckpoint = 2000

// A WAL that readers kept from starting over is cut back when it is larger than this.
const walBytes = 64 * 1024 * 1024

const triesToTruncate = 100

// How long a file may be gone before a call on it notices.
const placeMs = 250

/**
 * Makes the file with all its tables, or does nothing when it is there. Everything is done under another name, and the
 * finished file is then linked to its own: of many processes that start at once one wins, and none ever sees a file
 * without tables or meets the switch to WAL, which is not safe from races.
 */
export function createFile(path: string, schema: string): void {
  if (existsSync(path)) return
  makeDirectory(dirname(path))
  const draft = `${path}.${process.pid}-${randomUUID()}`
  makeFile(draft)
  try {
    const db = new DatabaseSync(draft)
    // Pages that trimming frees can be given back to the disk only when this is set before the first table.
    db.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    db.exec(`BEGIN; ${schema}; PRAGMA user_version = ${schemaVersion}; COMMIT`)
    db.close()
    linkOnce(draft, path)
  } finally {
    for (const suffix of ['', '-wal', '-shm']) rmSync(draft + suffix, { force: true })
  }
}

function linkOnce(draft: string, path: string): void {
  try {
    linkSync(draft, path)
  } catch (error) {
    if (!existsSync(path)) throw error
    return
  }
  syncDirectory(dirname(path))
}

/** So that the file's name outlives a power cut too. Windows has no such call, and needs none. */
function syncDirectory(path: string): void {
  if (process.platform === 'win32') return
  const directory = openSync(path, 'r')
  fsyncSync(directory)
  closeSync(directory)
}

/** Somebody removed the file or put another in its place: this process still holds the one that nobody finds. */
export class FileGone extends Error {
  override readonly name = 'FileGone'
}

/** One connection to one file. Synchronous: use it off the main thread only. */
export class SqliteFile {
  readonly path: string
  readonly #db: DatabaseSync
  readonly #busyMs: number
  readonly #statements = new Map<string, StatementSync>()
  readonly #identity: string
  #foundAt = performance.now()

  constructor({ path, synchronous, busyMs, maxPageCount }: SqliteFileOptions) {
    this.path = path
    this.#busyMs = busyMs
    this.#db = new DatabaseSync(path)
    try {
      this.#identity = this.#named() ?? this.#gone()
      // Before anything that may have to wait.
      this.#db.exec(`PRAGMA busy_timeout = ${busyMs}`)
      this.#db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`)
      this.#db.exec(`PRAGMA wal_autocheckpoint = ${pagesPerCheckpoint}`)
      if (maxPageCount !== undefined) this.#db.exec(`PRAGMA max_page_count = ${maxPageCount}`)
      this.#checkVersion()
      // From here on `#patiently` does the waiting.
      this.#db.exec('PRAGMA busy_timeout = 0')
    } catch (error) {
      this.#db.close()
      throw error
    }
  }

  /** Runs `work` in a transaction that holds the write lock from its start. All of it is done, or nothing. */
  write<T>(work: () => T): T {
    this.#patiently(() => this.#db.exec('BEGIN IMMEDIATE'))
    return this.#finish(work)
  }

  /** Runs `work`, which only reads, on one state of the file. */
  read<T>(work: () => T): T {
    return this.#patiently(() => {
      this.#db.exec('BEGIN')
      return this.#finish(work)
    })
  }

  /** The rows of a query. `Row` names the columns that the SQL selects. */
  rows<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values) as unknown as Row[]
  }

  /** The same, each row when it is asked for: what is not asked for is not read. */
  each<Row>(sql: string, ...values: SQLInputValue[]): Iterable<Row> {
    return this.#statement(sql).iterate(...values) as unknown as Iterable<Row>
  }

  /** The number of rows that changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes)
  }

  pragma(name: string): number {
    const [row] = this.rows<Record<string, unknown>>(`PRAGMA ${name}`)
    return Number(Object.values(row ?? {})[0])
  }

  /** Changes when another connection has committed. */
  dataVersion(): number {
    return this.#patiently(() => this.pragma('data_version'))
  }

  /** Gives space back: the WAL's when readers kept it from starting over, the file's when trimming left much unused. */
  shrink(): void {
    const wal = statSync(`${this.path}-wal`, { throwIfNoEntry: false })
    if ((wal?.size ?? 0) > walBytes) this.#truncateWal()
    const free = this.pragma('freelist_count')
    if (free > 1024 && free * 4 > this.pragma('page_count')) {
      this.#patiently(() => this.#db.exec('PRAGMA incremental_vacuum(1024)'))
    }
  }

  /**
   * Throws a FileGone when the path names this file no longer: what is written now would be lost with the last process
   * that holds it. Looks when the last good look is some time ago; costs microseconds.
   */
  checkPlace(): void {
    const now = performance.now()
    if (now - this.#foundAt < placeMs) return
    if (this.#named() !== this.#identity) this.#gone()
    this.#foundAt = now
  }

  close(): void {
    this.#db.close()
  }

  /** Device and inode of what the path names. */
  #named(): string | undefined {
    const stats = statSync(this.path, { bigint: true, throwIfNoEntry: false })
    return stats && `${stats.dev}:${stats.ino}`
  }

  #gone(): never {
    throw new FileGone('it or its directory was removed or replaced while this process used it')
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#db.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  #finish<T>(work: () => T): T {
    try {
      const result = work()
      this.#db.exec('COMMIT')
      return result
    } catch (error) {
      // SQLite has ended the transaction by itself when the disk is full.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }

  /** Other processes may be in the way of it; then the next round tries again. */
  #truncateWal(): void {
    for (let tries = 0; tries < triesToTruncate; tries++) {
      if (this.pragma('wal_checkpoint(TRUNCATE)') === 0) return
      block(retryMinMs)
    }
  }

  #patiently<T>(work: () => T): T {
    const deadline = performance.now() + this.#busyMs
    for (;;) {
      try {
        return work()
      } catch (error) {
        if (resultCode(error) !== busyCode || performance.now() > deadline) throw error
        block(retryMinMs + Math.random() * (retryMaxMs - retryMinMs))
      }
    }
  }

  #checkVersion(): void {
    const version = this.pragma('user_version')
    if (version === schemaVersion) return
    // A file gets its version together with its tables.
    if (version === 0) {
      const message = `cannot use ${this.path}: it is empty or damaged; stop every process and restore it`
      throw new MillraceError('store', message, { retryable: false })
    }
    const message = `cannot use ${this.path}: it has layout ${version}, this program knows ${schemaVersion}; use a matching version`
    throw new MillraceError('config', message, { retryable: false })
  }
}

/** SQLite's result code of anything thrown; undefined when it is not from SQLite. */
export function resultCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('errcode' in thrown)) return undefined
  return Number(thrown.errcode) & 0xff
}

const never = new Int32Array(new SharedArrayBuffer(4))

function block(ms: number): void {
  Atomics.wait(never, 0, 0, ms)
}
