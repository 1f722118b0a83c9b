import type { NewLease } from '../../leases/index.ts'
import type { Position } from '../../streams/index.ts'
import type { Consumer } from '../backend.ts'
import { heartbeatSchema } from './schema.ts'
import { createFile, SqliteFile, type SqliteFileOptions } from './sqlite-file.ts'

/** Who says that it works on a shard. How far it has come lies with the outputs. */
export interface HeartbeatRow {
  readonly shardId: string
  readonly parents: readonly string[]
  /** Where to begin while no take has written a position yet. */
  readonly initial: Position
  readonly owner: string | null
  readonly counter: number
  readonly epoch: number
  readonly askedBy: string | null
}

/** The row as the caller last saw it: the condition of every write. */
export interface Seen {
  readonly shardId: string
  readonly owner: string | null
  readonly counter: number
}

interface Stored extends Omit<HeartbeatRow, 'parents' | 'initial'> {
  readonly parents: string
  readonly initial: string
}

const columns = `shard_id AS shardId, parents, initial_checkpoint AS initial, owner, counter, epoch,
  asked_by AS askedBy`
const ofShard = 'application = ? AND stream = ? AND shard_id = ?'
const asSeen = `${ofShard} AND owner IS ? AND counter = ?`

const insert = `INSERT INTO heartbeats (application, stream, shard_id, parents, initial_checkpoint, counter, epoch)
  VALUES (?, ?, ?, ?, ?, 0, 0) ON CONFLICT DO NOTHING`

// Above the fence too: a power cut may have taken the newest heartbeats and left the newer outputs.
const take = `UPDATE heartbeats SET owner = ?1, counter = max(counter, ?2) + 1, epoch = max(counter, ?2) + 1,
  asked_by = NULL WHERE application = ?3 AND stream = ?4 AND shard_id = ?5 AND owner IS ?6 AND counter = ?7
  RETURNING ${columns}`

const keep = `UPDATE heartbeats SET counter = counter + 1 WHERE ${asSeen} RETURNING ${columns}`

const release = `UPDATE heartbeats SET owner = NULL, counter = counter + 1 WHERE ${asSeen}`

const ask = `UPDATE heartbeats SET asked_by = ? WHERE ${ofShard} AND owner = ?`

const withdraw = `UPDATE heartbeats SET asked_by = NULL WHERE ${ofShard} AND asked_by = ?`

const remove = `DELETE FROM heartbeats WHERE ${asSeen}`

const ring = 'UPDATE bell SET rings = rings + 1'

/** The heartbeats of every application, in a file of their own. Each method is one conditional statement. */
export class HeartbeatFile {
  readonly #file: SqliteFile
  #seen: { readonly version: number; readonly rings: number } | undefined
  /** Since the last look at the changes: the version of the file does not tell of our own writes. */
  #wrote = false

  constructor(options: SqliteFileOptions) {
    createFile(options.path, heartbeatSchema)
    this.#file = new SqliteFile(options)
  }

  list({ application, stream }: Consumer): HeartbeatRow[] {
    const sql = `SELECT ${columns} FROM heartbeats WHERE application = ? AND stream = ? ORDER BY shard_id`
    return this.#file.read(() => this.#file.rows<Stored>(sql, application, stream)).map(parse)
  }

  get({ application, stream }: Consumer, shardId: string): HeartbeatRow | undefined {
    const sql = `SELECT ${columns} FROM heartbeats WHERE ${ofShard}`
    const [row] = this.#file.read(() => this.#file.rows<Stored>(sql, application, stream, shardId))
    return row === undefined ? undefined : parse(row)
  }

  create({ application, stream }: Consumer, { shardId, parents, checkpoint }: NewLease): boolean {
    const values = [application, stream, shardId, JSON.stringify(parents), JSON.stringify(checkpoint)]
    return this.#file.write(() => this.#file.run(insert, ...values)) > 0
  }

  take(consumer: Consumer, seen: Seen, owner: string, fenceEpoch: number): HeartbeatRow | undefined {
    return this.#change(take, owner, fenceEpoch, ...condition(consumer, seen))
  }

  keep(consumer: Consumer, seen: Seen): HeartbeatRow | undefined {
    return this.#change(keep, ...condition(consumer, seen))
  }

  release(consumer: Consumer, seen: Seen): boolean {
    return this.#tell(release, ...condition(consumer, seen))
  }

  ask({ application, stream }: Consumer, { shardId, owner }: Seen, asker: string): boolean {
    return this.#tell(ask, asker, application, stream, shardId, owner)
  }

  withdraw({ application, stream }: Consumer, shardId: string, asker: string): boolean {
    return this.#tell(withdraw, application, stream, shardId, asker)
  }

  remove(consumer: Consumer, seen: Seen): boolean {
    return this.#file.write(() => this.#file.run(remove, ...condition(consumer, seen))) > 0
  }

  /** `all` when the bell has rung since the last call. Costs microseconds when nothing has changed. */
  changes(): 'all' | [] {
    const version = this.#file.dataVersion()
    if (this.#seen?.version === version && !this.#wrote) return []
    this.#wrote = false
    const [{ rings } = { rings: 0 }] = this.#file.read(() =>
      this.#file.rows<{ rings: number }>('SELECT rings FROM bell'),
    )
    const rung = this.#seen !== undefined && this.#seen.rings !== rings
    this.#seen = { version, rings }
    return rung ? 'all' : []
  }

  checkPlace(): void {
    this.#file.checkPlace()
  }

  close(): void {
    this.#file.close()
  }

  /** A write that others should hear of at once. */
  #tell(sql: string, ...values: (string | number | null)[]): boolean {
    this.#wrote = true
    return this.#file.write(() => {
      const changed = this.#file.run(sql, ...values)
      if (changed > 0) this.#file.run(ring)
      return changed > 0
    })
  }

  #change(sql: string, ...values: (string | number | null)[]): HeartbeatRow | undefined {
    const [row] = this.#file.write(() => this.#file.rows<Stored>(sql, ...values))
    return row === undefined ? undefined : parse(row)
  }
}

function condition({ application, stream }: Consumer, { shardId, owner, counter }: Seen) {
  return [application, stream, shardId, owner, counter] as const
}

function parse(row: Stored): HeartbeatRow {
  const parents = JSON.parse(row.parents) as string[]
  return { ...row, parents, initial: JSON.parse(row.initial) as Position }
}
