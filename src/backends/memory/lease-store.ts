import type { HeldLease, LeaseRow, LeaseStore, NewLease, Progress } from '../../leases/index.ts'
import { advances, type Position } from '../../streams/index.ts'

/** The lease rows of one application on one stream. Rows are replaced, never changed: handed-out rows stay as they were. */
export class MemoryLeaseTable {
  readonly rows = new Map<string, LeaseRow>()

  /** The row, if it still is as the caller last saw it. */
  same(seen: LeaseRow): LeaseRow | undefined {
    const row = this.rows.get(seen.shardId)
    return row?.owner === seen.owner && row?.counter === seen.counter ? row : undefined
  }

  /** The checkpoint, if this take of the lease is the last one and was not given back. */
  checkpointOf({ shardId, owner, epoch }: HeldLease): Position | undefined {
    const row = this.rows.get(shardId)
    return row?.owner === owner && row.epoch === epoch ? row.checkpoint : undefined
  }

  move({ shardId }: HeldLease, checkpoint: Position): void {
    const row = this.rows.get(shardId)
    if (row !== undefined) this.rows.set(shardId, advanced(row, checkpoint))
  }
}

export class MemoryLeaseStore implements LeaseStore {
  readonly #table: MemoryLeaseTable

  constructor(table: MemoryLeaseTable) {
    this.#table = table
  }

  async list(): Promise<readonly LeaseRow[]> {
    return [...this.#table.rows.values()]
  }

  async get(shardId: string): Promise<LeaseRow | undefined> {
    return this.#table.rows.get(shardId)
  }

  async create(lease: NewLease): Promise<'created' | 'exists'> {
    const { rows } = this.#table
    if (rows.has(lease.shardId)) return 'exists'
    rows.set(lease.shardId, { ...lease, counter: 0, epoch: 0, ownerSwitchesSinceCheckpoint: 0 })
    return 'created'
  }

  async take(seen: LeaseRow, owner: string, dirtySince?: number): Promise<HeldLease | 'lost'> {
    const row = this.#table.same(seen)
    if (row === undefined || row.checkpoint.at === 'shardEnd') return 'lost'
    const { askedBy: _, ...rest } = row
    const counter = row.counter + 1
    const switched = row.owner !== undefined && row.owner !== owner
    const ownerSwitchesSinceCheckpoint = row.ownerSwitchesSinceCheckpoint + (switched ? 1 : 0)
    const since = row.dirtySince ?? dirtySince
    const dirty = since === undefined ? {} : { dirtySince: since }
    return this.#write({ ...rest, ...dirty, owner, counter, epoch: counter, ownerSwitchesSinceCheckpoint })
  }

  async keep(held: HeldLease, progress?: Progress): Promise<HeldLease | 'lost'> {
    const row = this.#table.same(held)
    if (row === undefined) return 'lost'
    return this.#write({ ...moved(row, progress), owner: held.owner, counter: row.counter + 1 })
  }

  async release(held: HeldLease, progress?: Progress): Promise<'released' | 'lost'> {
    const row = this.#table.same(held)
    if (row === undefined) return 'lost'
    const { owner: _, ...free } = moved(row, progress)
    this.#table.rows.set(row.shardId, { ...free, counter: row.counter + 1 })
    return 'released'
  }

  async ask(seen: LeaseRow, asker: string): Promise<'asked' | 'lost'> {
    const row = this.#table.rows.get(seen.shardId)
    if (row?.owner === undefined || row.owner !== seen.owner) return 'lost'
    this.#table.rows.set(row.shardId, { ...row, askedBy: asker })
    return 'asked'
  }

  async withdraw(shardId: string, asker: string): Promise<'withdrawn' | 'lost'> {
    const row = this.#table.rows.get(shardId)
    if (row?.askedBy !== asker) return 'lost'
    const { askedBy: _, ...rest } = row
    this.#table.rows.set(shardId, rest)
    return 'withdrawn'
  }

  async remove(seen: LeaseRow): Promise<'removed' | 'lost'> {
    if (this.#table.same(seen) === undefined) return 'lost'
    this.#table.rows.delete(seen.shardId)
    return 'removed'
  }

  async close(): Promise<void> {}

  #write(row: HeldLease): HeldLease {
    this.#table.rows.set(row.shardId, row)
    return row
  }
}

/** Checkpoint and dirtiness as the work tells them; without progress they stay. */
function moved(row: LeaseRow, progress: Progress | undefined): LeaseRow {
  if (progress === undefined) return row
  const { dirtySince: _, ...rest } = advanced(row, progress.checkpoint ?? row.checkpoint)
  return {
    ...rest,
    ...(progress.idle === true && { ownerSwitchesSinceCheckpoint: 0 }),
    ...(progress.dirtySince !== undefined && { dirtySince: progress.dirtySince }),
  }
}

function advanced(row: LeaseRow, checkpoint: Position): LeaseRow {
  if (!advances(row.checkpoint, checkpoint)) return row
  return { ...row, checkpoint, ownerSwitchesSinceCheckpoint: 0 }
}
