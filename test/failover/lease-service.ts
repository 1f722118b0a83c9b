import { MemoryLeaseStore, MemoryLeaseTable } from '../../src/backends/memory/lease-store.ts'
import type { HeldLease, LeaseRow, LeaseStore, NewLease, Progress } from '../../src/leases/index.ts'
import type { Machine } from './machine.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'
import type { Timeline } from './timeline.ts'

/** One write of a row, as the table applied it. */
export interface RowWrite {
  readonly at: number
  readonly by: string
  readonly write: 'create' | 'take' | 'keep' | 'release' | 'ask' | 'remove'
  readonly before: LeaseRow | undefined
  readonly after: LeaseRow | undefined
}

/** What a machine does with its leases, told at the true time at which it happens. */
export interface LeaseWitness {
  sent(write: 'take' | 'keep' | 'release', row: LeaseRow): void
  /** The success reply of a take or a keep has arrived. */
  renewed(lease: HeldLease, sent: { readonly at: number; readonly frozenMs: number }): void
}

export interface LeaseServiceOptions {
  readonly timeline: Timeline
  readonly random: Random
  readonly network: Network
  readonly timeoutMs: number
  /** How old what a scan shows may be. */
  readonly staleMs: number
  /** From an ask or a release until those who watch hear of it, at most; absent: nobody ever does. */
  readonly bellMs?: number
  readonly onWrite: (write: RowWrite) => void
  /** Of every write that arrives, refused ones too. */
  readonly onAttempt?: (write: RowWrite['write'], done: boolean) => void
}

/** The lease table on its server. Conditional writes are atomic, a get is strongly consistent, a scan may be stale. */
export class LeaseService {
  readonly table = new MemoryLeaseTable()
  readonly #store = new MemoryLeaseStore(this.table)
  readonly #options: LeaseServiceOptions
  readonly #versions: { at: number; rows: readonly LeaseRow[] }[] = []
  readonly #listeners = new Set<{ readonly machine: Machine; readonly onHint: () => void }>()
  stale = 0

  constructor(options: LeaseServiceOptions) {
    this.#options = options
  }

  connect(machine: Machine, witness: LeaseWitness): LeaseStore {
    return this.#options.bellMs === undefined
      ? new RemoteLeases(this, machine, witness)
      : new WatchedLeases(this, machine, witness)
  }

  /** Each hears of it at a time of its own. */
  listen(machine: Machine, onHint: () => void): () => void {
    const listener = { machine, onHint }
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get now(): number {
    return this.#options.timeline.now
  }

  async scan(machine: Machine): Promise<readonly LeaseRow[]> {
    return (await this.#call(machine, () => this.#seen())).value
  }

  async get(machine: Machine, shardId: string): Promise<LeaseRow | undefined> {
    return (await this.#call(machine, () => this.table.rows.get(shardId))).value
  }

  /** The memory store's methods take effect before their first await: here, at the moment of arrival. */
  async write<T>(
    machine: Machine,
    { write, shardId }: { write: RowWrite['write']; shardId: string },
    act: (store: LeaseStore) => Promise<T>,
  ): Promise<{ value: T; date: number }> {
    const { value, date } = await this.#call(machine, () => {
      const before = this.table.rows.get(shardId)
      const value = act(this.#store)
      const after = this.table.rows.get(shardId)
      this.#options.onAttempt?.(write, after !== before)
      if (after !== before)
        this.#wrote({ write, by: machine.name, before, after, at: this.#options.timeline.now })
      return value
    })
    return { value: await value, date }
  }

  #call<T>(machine: Machine, act: () => T) {
    const { network, timeoutMs } = this.#options
    return network.call(machine, { service: 'leases', code: 'leases', timeoutMs, act })
  }

  #wrote(write: RowWrite): void {
    if (this.#options.staleMs > 0) this.#remember(write.at)
    if (write.write === 'ask' || write.write === 'release') this.#ring()
    this.#options.onWrite(write)
  }

  #ring(): void {
    const { timeline, random, bellMs } = this.#options
    if (bellMs === undefined) return
    for (const { machine, onHint } of this.#listeners)
      timeline.after(random.between(0, bellMs), () => machine.deliver(onHint))
  }

  #remember(at: number): void {
    this.#versions.push({ at, rows: [...this.table.rows.values()] })
    if (this.#versions.length > 100) this.#versions.splice(0, 50)
  }

  #seen(): readonly LeaseRow[] {
    const { timeline, random, staleMs } = this.#options
    if (!random.chance(this.stale)) return [...this.table.rows.values()]
    const then = timeline.now - random.between(0, staleMs)
    return this.#versions.findLast(({ at }) => at <= then)?.rows ?? [...this.table.rows.values()]
  }
}

/** The table as one machine reaches it. */
class RemoteLeases implements LeaseStore {
  readonly #service: LeaseService
  readonly #machine: Machine
  readonly #witness: LeaseWitness

  constructor(service: LeaseService, machine: Machine, witness: LeaseWitness) {
    this.#service = service
    this.#machine = machine
    this.#witness = witness
  }

  list(): Promise<readonly LeaseRow[]> {
    return this.#service.scan(this.#machine)
  }

  get(shardId: string): Promise<LeaseRow | undefined> {
    return this.#service.get(this.#machine, shardId)
  }

  async create(lease: NewLease): Promise<'created' | 'exists'> {
    return (await this.#write('create', lease, store => store.create(lease))).value
  }

  take(seen: LeaseRow, owner: string, dirtySince?: number): Promise<HeldLease | 'lost'> {
    return this.#hold('take', seen, store => store.take(seen, owner, dirtySince))
  }

  keep(held: HeldLease, progress?: Progress): Promise<HeldLease | 'lost'> {
    return this.#hold('keep', held, store => store.keep(held, progress))
  }

  async release(held: HeldLease, progress?: Progress): Promise<'released' | 'lost'> {
    this.#witness.sent('release', held)
    return (await this.#write('release', held, store => store.release(held, progress))).value
  }

  async ask(seen: LeaseRow, asker: string): Promise<'asked' | 'lost'> {
    return (await this.#write('ask', seen, store => store.ask(seen, asker))).value
  }

  async withdraw(shardId: string, asker: string): Promise<'withdrawn' | 'lost'> {
    return (await this.#write('ask', { shardId }, store => store.withdraw(shardId, asker))).value
  }

  async remove(seen: LeaseRow): Promise<'removed' | 'lost'> {
    return (await this.#write('remove', seen, store => store.remove(seen))).value
  }

  async close(): Promise<void> {}

  async #hold(
    write: 'take' | 'keep',
    row: LeaseRow,
    act: (store: LeaseStore) => Promise<HeldLease | 'lost'>,
  ): Promise<HeldLease | 'lost'> {
    this.#witness.sent(write, row)
    const sent = { at: this.#service.now, frozenMs: this.#machine.frozenMs }
    const { value, date } = await this.#write(write, row, act)
    if (value === 'lost') return value
    this.#witness.renewed(value, sent)
    return { ...value, repliedAt: date }
  }

  #write<T>(
    write: RowWrite['write'],
    { shardId }: { shardId: string },
    act: (store: LeaseStore) => Promise<T>,
  ) {
    return this.#service.write(this.#machine, { write, shardId }, act)
  }
}

class WatchedLeases extends RemoteLeases {
  readonly #listen: (onHint: () => void) => () => void

  constructor(service: LeaseService, machine: Machine, witness: LeaseWitness) {
    super(service, machine, witness)
    this.#listen = onHint => service.listen(machine, onHint)
  }

  watch(onHint: () => void): () => void {
    return this.#listen(onHint)
  }
}
