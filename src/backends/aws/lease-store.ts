import type { HeldLease, LeaseRow, LeaseStore, NewLease, Progress } from '../../leases/index.ts'
import { systemClock } from '../../lib/index.ts'
import type { DynamoClient, Reply } from './dynamo-client.ts'
import { LeaseBell, type LeaseBellOptions } from './lease-bell.ts'
import {
  askChange,
  keepChange,
  releaseChange,
  takeChange,
  unchanged,
  withdrawChange,
} from './lease-change.ts'
import { itemOf, seenRowOf, type LeaseItem } from './lease-item.ts'
import { LeaseItems } from './lease-items.ts'

/**
 * Leases in a DynamoDB table, in the format of KCL 2.x with some attributes of our own.
 *
 * One call is one request, and one row is written by one conditional update; only the bell comes on top, by and by. What a
 * reply says of the row is what the write left there. docs/leases.md tells every attribute.
 */
export class AwsLeaseStore implements LeaseStore {
  readonly #items: LeaseItems
  readonly #bell: LeaseBell

  /** The client stays open: it belongs to the caller. */
  constructor(client: DynamoClient, table: string, bell: Partial<LeaseBellOptions> = {}) {
    this.#items = new LeaseItems(client, table)
    this.#bell = new LeaseBell(this.#items, { clock: systemClock, everyMs: 400, ...bell })
  }

  async list(): Promise<readonly LeaseRow[]> {
    const items = await this.#items.scan(false)
    const rows = items.map(seenRowOf).filter(row => row !== undefined)
    this.#bell.saw(rows.map(({ shardId }) => shardId))
    return rows
  }

  async get(shardId: string): Promise<LeaseRow | undefined> {
    const item = await this.#items.get(shardId)
    return item === undefined ? undefined : seenRowOf(item)
  }

  async create(lease: NewLease): Promise<'created' | 'exists'> {
    const result = await this.#items.create(itemOf(lease))
    return result === 'refused' ? 'exists' : 'created'
  }

  async take(seen: LeaseRow, owner: string, dirtySince?: number): Promise<HeldLease | 'lost'> {
    if (seen.unreadable !== undefined) return 'lost'
    const change = takeChange(seen, owner, dirtySince)
    return heldBy(owner, await this.#items.update('take the lease of', seen.shardId, change))
  }

  async keep(held: HeldLease, progress?: Progress): Promise<HeldLease | 'lost'> {
    const change = keepChange(held, progress)
    return heldBy(held.owner, await this.#items.update('renew the lease of', held.shardId, change))
  }

  async release(held: HeldLease, progress?: Progress): Promise<'released' | 'lost'> {
    const change = releaseChange(held, progress)
    const reply = await this.#items.update('release the lease of', held.shardId, change)
    if (reply === 'refused') return 'lost'
    this.#bell.ring()
    return 'released'
  }

  async ask({ shardId, owner }: LeaseRow, asker: string): Promise<'asked' | 'lost'> {
    if (owner === undefined) return 'lost'
    const reply = await this.#items.update('ask for the lease of', shardId, askChange(owner, asker))
    if (reply === 'refused') return 'lost'
    this.#bell.ring()
    this.#bell.expectAnswer()
    return 'asked'
  }

  async withdraw(shardId: string, asker: string): Promise<'withdrawn' | 'lost'> {
    const result = await this.#items.update('withdraw the ask for', shardId, withdrawChange(asker))
    return result === 'refused' ? 'lost' : 'withdrawn'
  }

  async remove(seen: LeaseRow): Promise<'removed' | 'lost'> {
    if (seen.unreadable !== undefined) return 'lost'
    const result = await this.#items.remove(seen.shardId, unchanged(seen))
    return result === 'refused' ? 'lost' : 'removed'
  }

  watch(onHint: () => void): () => void {
    return this.#bell.listen(onHint)
  }

  async close(): Promise<void> {
    await this.#bell.close()
  }
}

function heldBy(owner: string, reply: Reply<LeaseItem> | 'refused'): HeldLease | 'lost' {
  if (reply === 'refused') return 'lost'
  const row = seenRowOf(reply.output)
  if (row === undefined || row.unreadable !== undefined) return 'lost'
  const { repliedAt } = reply
  return { ...row, owner, ...(repliedAt !== undefined && { repliedAt }) }
}
