import { MillraceError, type Clock, type ServerDate } from '../lib/index.ts'
import type { Observe } from '../observe/index.ts'
import type { Shard } from '../streams/index.ts'
import type { LeaseRow } from './lease.ts'
import { missingRows, obsoleteRows, reopened, type InitialPosition } from './shard-rows.ts'
import type { LeaseStore } from './store.ts'

export interface ShardSyncParts {
  readonly store: LeaseStore
  readonly listShards: () => Promise<readonly Shard[]>
  readonly initialPosition: InitialPosition
  readonly clock: Clock
  /** Whoever keeps the stream tells its time: `latest` means that one. */
  readonly serverDate?: ServerDate
  readonly observe: Observe
}

/** A list of shards may be older than the row of one that has just ended, though never by so much. */
const lagMs = 30_000

/** Sees to it that every shard of the stream has a row, and no other has one for long. */
export class ShardSync {
  readonly #parts: ShardSyncParts
  #listed: ReadonlySet<string> = new Set()
  /** Since when shards are open that should have ended, own monotonic time. */
  #reopenedAt: number | undefined

  constructor(parts: ShardSyncParts) {
    this.#parts = parts
  }

  /** The shards that the stream had when it was last asked. */
  get listed(): ReadonlySet<string> {
    return this.#listed
  }

  /** A row that is newer than our list of shards may have a parent that is newer too, and has no row yet. */
  isOlderThan(rows: readonly LeaseRow[]): boolean {
    const unlisted = ({ checkpoint, shardId, unreadable }: LeaseRow) =>
      unreadable === undefined && checkpoint.at !== 'shardEnd' && !this.#listed.has(shardId)
    return this.#listed.size === 0 || rows.some(unlisted)
  }

  /**
   * A row is missing only if it was looked for after its shard was listed, and obsolete only if its shard was listed after
   * the row was there: between two calls there may be a pause of any length.
   */
  async sync(): Promise<readonly Shard[]> {
    const { store, listShards, initialPosition, clock, serverDate, observe } = this.#parts
    const before = rowsByShard(await store.list())
    const shards = await listShards()
    const rows = rowsByShard(await store.list())
    await this.#addParents(shards, rows)
    const now = serverDate?.newest ?? clock.now()
    for (const row of missingRows(shards, rows, initialPosition, now)) {
      await store.create(row)
      observe({ type: 'lease-written', write: 'create', result: 'ok' })
    }
    for (const row of obsoleteRows(shards, before, rows)) {
      await store.remove(row)
      observe({ type: 'lease-written', write: 'remove', result: 'ok' })
    }
    this.#listed = new Set(shards.map(shard => shard.shardId))
    this.#tellReopened(reopened(shards, before))
    return shards
  }

  /** Nobody reads them, and nobody can know whether they should be: so somebody has to be told. */
  #tellReopened(shardIds: readonly string[]): void {
    const { clock, observe } = this.#parts
    const now = clock.monotonic()
    this.#reopenedAt = shardIds.length === 0 ? undefined : (this.#reopenedAt ?? now)
    if (now - (this.#reopenedAt ?? now) < lagMs) return
    const some = shardIds.slice(0, 5).join(', ')
    const warning =
      `open shards that nobody reads, as their leases say that they have ended: ${some}, ${shardIds.length} in all; the ` +
      'stream was made anew under its name: stop the workers, remove these rows from the lease table, and start again'
    observe({ type: 'configuration-warning', warning })
  }

  /** A closed shard has children, unless retention took it; they may take a moment to be listed. */
  async makeChildren(shardId: string): Promise<void> {
    const shards = await this.sync()
    const listed = shards.some(shard => shard.shardId === shardId)
    if (!listed || shards.some(({ parents }) => parents.includes(shardId))) return
    const message = `${shardId} has ended, and its children are not listed yet`
    throw new MillraceError('source', message, { retryable: true })
  }

  /** Where a new shard begins depends on whether its parents have rows: that is not left to a scan, which may be old. */
  async #addParents(shards: readonly Shard[], rows: Map<string, LeaseRow>): Promise<void> {
    const added = shards.filter(({ shardId }) => !rows.has(shardId))
    const parents = new Set(added.flatMap(shard => shard.parents).filter(parent => !rows.has(parent)))
    for (const parent of parents) {
      const row = await this.#parts.store.get(parent)
      if (row !== undefined) rows.set(parent, row)
    }
  }
}

export function rowsByShard(rows: readonly LeaseRow[]): Map<string, LeaseRow> {
  return new Map(rows.map(row => [row.shardId, row]))
}
