import type { Progress } from '../../leases/index.ts'
import { advances, type Position } from '../../streams/index.ts'
import type { Consumer } from '../backend.ts'
import type { SqliteFile } from './sqlite-file.ts'

/** One lease as a log file knows it: who may write there, and how far that has come. */
export interface PositionRow {
  readonly shardId: string
  readonly owner: string | null
  readonly epoch: number
  readonly checkpoint: Position
  readonly ownerSwitches: number
  /** Set only where outputs are not written by the same transaction. */
  readonly dirtySince: number | null
}

/** Who wants to write: the last take of the lease has this owner and this epoch, or the write is refused. */
export interface Claim {
  readonly consumer: Consumer
  readonly shardId: string
  readonly owner: string
  readonly epoch: number
}

/** What a take begins with where the row does not say. */
export interface Start {
  readonly initial: Position
  readonly dirtySince: number | null
}

interface Stored extends Omit<PositionRow, 'checkpoint'> {
  readonly checkpoint: string
}

const columns = `shard_id AS shardId, owner, epoch, checkpoint, owner_switches AS ownerSwitches,
  dirty_since AS dirtySince`
const ofShard = 'application = ? AND stream = ? AND shard_id = ?'

const upsert = `INSERT INTO positions
  (application, stream, shard_id, owner, epoch, checkpoint, owner_switches, dirty_since)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET owner = excluded.owner, epoch = excluded.epoch,
  owner_switches = excluded.owner_switches, dirty_since = excluded.dirty_since`

const markDirty = `UPDATE positions SET dirty_since = ? WHERE ${ofShard}`

const forgetSwitches = `UPDATE positions SET owner_switches = 0 WHERE ${ofShard}`

const moveCheckpoint = `UPDATE positions SET checkpoint = ?, owner_switches = 0 WHERE ${ofShard}`

/**
 * Positions and fences. They lie in the file of the outputs, so that outputs, position and the check of the fence are
 * one transaction: what a fenced-out owner still sends is refused as a whole.
 */
export class PositionTable {
  readonly #file: SqliteFile

  constructor(file: SqliteFile) {
    this.#file = file
  }

  get({ application, stream }: Consumer, shardId: string): PositionRow | undefined {
    const sql = `SELECT ${columns} FROM positions WHERE ${ofShard}`
    const [row] = this.#file.rows<Stored>(sql, application, stream, shardId)
    return row === undefined ? undefined : parse(row)
  }

  list({ application, stream }: Consumer): PositionRow[] {
    const sql = `SELECT ${columns} FROM positions WHERE application = ? AND stream = ?`
    return this.#file.rows<Stored>(sql, application, stream).map(parse)
  }

  /** Shuts out every earlier take. Refused when a later one came first. */
  fence({ consumer, shardId, owner, epoch }: Claim, start: Start): PositionRow | 'lost' {
    return this.#file.write(() => {
      const row = this.get(consumer, shardId)
      if (row !== undefined && row.epoch >= epoch) return 'lost'
      const unreleased = row !== undefined && row.owner !== null && row.owner !== owner
      const ownerSwitches = (row?.ownerSwitches ?? 0) + (unreleased ? 1 : 0)
      const checkpoint = row?.checkpoint ?? start.initial
      const dirtySince = row?.dirtySince ?? start.dirtySince
      const { application, stream } = consumer
      const text = JSON.stringify(checkpoint)
      const values = [owner, epoch, text, ownerSwitches, dirtySince]
      this.#file.run(upsert, application, stream, shardId, ...values)
      return { shardId, owner, epoch, checkpoint, ownerSwitches, dirtySince }
    })
  }

  /** The row, if the claim is that of the last take. Inside a write transaction. */
  admit({ consumer, shardId, owner, epoch }: Claim): PositionRow | undefined {
    const row = this.get(consumer, shardId)
    return row?.epoch === epoch && row.owner === owner ? row : undefined
  }

  /** A position never goes back: one that is not ahead changes nothing. Inside a write transaction. */
  move({ consumer: { application, stream }, shardId }: Claim, row: PositionRow, checkpoint: Position): void {
    if (!advances(row.checkpoint, checkpoint)) return
    this.#file.run(moveCheckpoint, JSON.stringify(checkpoint), application, stream, shardId)
  }

  keep(claim: Claim, progress: Progress): PositionRow | 'lost' {
    return this.#file.write(() => {
      const row = this.admit(claim)
      if (row === undefined) return 'lost'
      this.#progress(claim, row, progress)
      return this.get(claim.consumer, claim.shardId) ?? 'lost'
    })
  }

  /** Ends the claim, so that nothing is written under it any more. May be repeated: its reply may have been lost. */
  release(claim: Claim, progress: Progress | undefined): 'released' | 'lost' {
    return this.#file.write(() => {
      const row = this.get(claim.consumer, claim.shardId)
      const mine = row?.epoch === claim.epoch && (row.owner === claim.owner || row.owner === null)
      if (!mine) return 'lost'
      if (progress !== undefined) this.#progress(claim, row, progress)
      const { application, stream } = claim.consumer
      this.#file.run(`UPDATE positions SET owner = NULL WHERE ${ofShard}`, application, stream, claim.shardId)
      return 'released'
    })
  }

  #progress(claim: Claim, row: PositionRow, { checkpoint, dirtySince, idle }: Progress): void {
    const { application, stream } = claim.consumer
    if (idle === true) this.#file.run(forgetSwitches, application, stream, claim.shardId)
    if (checkpoint !== undefined) this.move(claim, row, checkpoint)
    this.#file.run(markDirty, dirtySince ?? null, application, stream, claim.shardId)
  }

  remove({ application, stream }: Consumer, shardId: string): void {
    this.#file.write(() =>
      this.#file.run(`DELETE FROM positions WHERE ${ofShard}`, application, stream, shardId),
    )
  }
}

function parse(row: Stored): PositionRow {
  return { ...row, checkpoint: JSON.parse(row.checkpoint) as Position }
}
