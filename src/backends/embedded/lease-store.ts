import type { HeldLease, LeaseRow, LeaseStore, NewLease, Progress } from '../../leases/index.ts'
import type { Consumer } from '../backend.ts'
import type { Bell } from './bell.ts'
import type { HeartbeatRow, Seen } from './heartbeat-file.ts'
import type { Claim, PositionRow } from './position-table.ts'
import type { HeartbeatThread, LogThread, Purpose } from './thread.ts'

export interface LeaseStoreParts {
  readonly heartbeats: HeartbeatThread
  readonly outputs: LogThread
  readonly bell: Bell
}

/**
 * A lease lies in two files: who holds it with the heartbeats, how far it has come with the outputs.
 *
 * A take first wins the heartbeat row, which gives the epoch, and then raises the fence to this epoch. Whoever dies in
 * between has changed nothing that matters: the last owner may still commit, for the fence is not raised yet, and the
 * next taker starts from the position that it finds when it raises the fence itself. Only the fence decides who
 * writes, and it stands in the same transaction as the outputs. Renewals touch the heartbeats alone, so that no slow
 * commit holds them up.
 */
export class EmbeddedLeaseStore implements LeaseStore {
  readonly #consumer: Consumer
  readonly #heartbeats: HeartbeatThread
  readonly #outputs: LogThread
  readonly #bell: Bell

  constructor(consumer: Consumer, { heartbeats, outputs, bell }: LeaseStoreParts) {
    this.#consumer = consumer
    this.#heartbeats = heartbeats
    this.#outputs = outputs
    this.#bell = bell
  }

  async list(): Promise<readonly LeaseRow[]> {
    const purpose = this.#purpose('list the leases')
    const rows = await this.#heartbeats.call(purpose, 'list', this.#consumer)
    const positions = await this.#outputs.call(purpose, 'positions', this.#consumer)
    const found = new Map(positions.map(position => [position.shardId, position]))
    return rows.map(row => leaseRow(row, found.get(row.shardId)))
  }

  async get(shardId: string): Promise<LeaseRow | undefined> {
    const purpose = this.#purpose(`look at the lease of ${shardId}`)
    const row = await this.#heartbeats.call(purpose, 'get', this.#consumer, shardId)
    if (row === undefined) return undefined
    return leaseRow(row, await this.#outputs.call(purpose, 'position', this.#consumer, shardId))
  }

  async create(lease: NewLease): Promise<'created' | 'exists'> {
    const purpose = this.#purpose(`create the lease of ${lease.shardId}`)
    const created = await this.#heartbeats.call(purpose, 'create', this.#consumer, lease)
    return created ? 'created' : 'exists'
  }

  async take(seen: LeaseRow, owner: string, dirtySince?: number): Promise<HeldLease | 'lost'> {
    const { shardId } = seen
    const purpose = this.#purpose(`take the lease of ${shardId}`)
    const fence = await this.#outputs.call(purpose, 'position', this.#consumer, shardId)
    if ((fence?.checkpoint ?? seen.checkpoint).at === 'shardEnd') return 'lost'
    const floor = fence?.epoch ?? 0
    const row = await this.#heartbeats.call(purpose, 'take', this.#consumer, seenAs(seen), owner, floor)
    if (row === undefined) return 'lost'
    const claim = { consumer: this.#consumer, shardId, owner, epoch: row.epoch }
    const start = { initial: row.initial, dirtySince: dirtySince ?? null }
    const raised = this.#outputs.call(purpose, 'fence', claim, start)
    const position = await raised.catch((error: unknown) => this.#giveBack(purpose, row, error))
    return position === 'lost' ? 'lost' : { ...leaseRow(row, position), owner }
  }

  async keep(held: HeldLease, progress?: Progress): Promise<HeldLease | 'lost'> {
    const purpose = this.#purpose(`renew the lease of ${held.shardId}`)
    const row = await this.#heartbeats.call(purpose, 'keep', this.#consumer, seenAs(held))
    if (row === undefined) return 'lost'
    if (progress !== undefined) {
      const position = await this.#outputs.call(purpose, 'keepPosition', this.#claim(held), progress)
      return position === 'lost' ? 'lost' : { ...leaseRow(row, position), owner: held.owner }
    }
    const { askedBy: _, ...before } = held
    const asked = row.askedBy === null ? {} : { askedBy: row.askedBy }
    return { ...before, ...asked, counter: row.counter }
  }

  /** The position first: whoever finds the row free finds the position as this owner left it. */
  async release(held: HeldLease, progress?: Progress): Promise<'released' | 'lost'> {
    const purpose = this.#purpose(`release the lease of ${held.shardId}`)
    const row = await this.#heartbeats.call(purpose, 'get', this.#consumer, held.shardId)
    if (row?.owner !== held.owner || row.counter !== held.counter) return 'lost'
    const ended = await this.#outputs.call(purpose, 'releasePosition', this.#claim(held), progress)
    if (ended === 'lost') return 'lost'
    const released = await this.#heartbeats.call(purpose, 'release', this.#consumer, seenAs(held))
    return released ? 'released' : 'lost'
  }

  async ask(seen: LeaseRow, asker: string): Promise<'asked' | 'lost'> {
    const purpose = this.#purpose(`ask for the lease of ${seen.shardId}`)
    const asked = await this.#heartbeats.call(purpose, 'ask', this.#consumer, seenAs(seen), asker)
    return asked ? 'asked' : 'lost'
  }

  async withdraw(shardId: string, asker: string): Promise<'withdrawn' | 'lost'> {
    const purpose = this.#purpose(`withdraw the ask for ${shardId}`)
    const withdrawn = await this.#heartbeats.call(purpose, 'withdraw', this.#consumer, shardId, asker)
    return withdrawn ? 'withdrawn' : 'lost'
  }

  async remove(seen: LeaseRow): Promise<'removed' | 'lost'> {
    const purpose = this.#purpose(`remove the lease of ${seen.shardId}`)
    const removed = await this.#heartbeats.call(purpose, 'remove', this.#consumer, seenAs(seen))
    if (!removed) return 'lost'
    await this.#outputs.call(purpose, 'removePosition', this.#consumer, seen.shardId)
    return 'removed'
  }

  watch(onHint: () => void): () => void {
    return this.#bell.listen(onHint)
  }

  /** The files stay open: they belong to the backend. */
  async close(): Promise<void> {}

  /** A heartbeat that was won without the fence is nobody's lease: whoever comes next tries both again. */
  async #giveBack(
    purpose: Purpose,
    { shardId, owner, counter }: HeartbeatRow,
    error: unknown,
  ): Promise<never> {
    await this.#heartbeats.call(purpose, 'release', this.#consumer, { shardId, owner, counter })
    throw error
  }

  #claim({ shardId, owner, epoch }: HeldLease): Claim {
    return { consumer: this.#consumer, shardId, owner, epoch }
  }

  #purpose(doing: string): Purpose {
    const { application, stream } = this.#consumer
    return { code: 'leases', doing: `${doing} of ${stream} for ${application}` }
  }
}

function seenAs({ shardId, owner, counter }: LeaseRow): Seen {
  return { shardId, owner: owner ?? null, counter }
}

function leaseRow(row: HeartbeatRow, position: PositionRow | undefined): LeaseRow {
  return {
    shardId: row.shardId,
    parents: row.parents,
    ...(row.owner === null ? {} : { owner: row.owner }),
    counter: row.counter,
    epoch: row.epoch,
    checkpoint: position?.checkpoint ?? row.initial,
    ...(typeof position?.dirtySince === 'number' && { dirtySince: position.dirtySince }),
    ...(row.askedBy === null ? {} : { askedBy: row.askedBy }),
    ownerSwitchesSinceCheckpoint: position?.ownerSwitches ?? 0,
  }
}
