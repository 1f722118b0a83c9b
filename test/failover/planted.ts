import { bounded, frozen, type FaultKind, type Scenario } from './scenario.ts'

/** One place of the production code, and what a programmer who did not know better would have written there. */
export interface Patch {
  /** From the repository's root. */
  readonly file: string
  /** Occurs there exactly once. */
  readonly find: string
  readonly replace: string
}

/**
 * A bug as the protocol's table has them: one rule left out, and everything else as it is. The same scenario without the
 * patches must be clean.
 */
export interface PlantedBug {
  readonly name: string
  /** Of the delivery protocol. */
  readonly rule: string
  readonly patches: readonly Patch[]
  readonly scenario?: Scenario
  /** The scenario without the bug, where the bug is not in the code alone. */
  readonly without?: Scenario
  /** Not in the protocol's table: one that its rules forbid as well. */
  readonly own?: true
}

const fence = 'src/delivery/fence.ts'
const shard = 'src/delivery/fenced-shard.ts'
const recovery = 'src/delivery/recovery.ts'
const readBack = 'src/delivery/read-back.ts'
const presence = 'src/delivery/presence.ts'
const timers = 'src/delivery/timers.ts'
const holding = 'src/leases/holding.ts'
const coordinator = 'src/leases/coordinator.ts'
const take = 'src/leases/take.ts'
const observations = 'src/leases/observations.ts'
const plan = 'src/leases/plan.ts'
const plannable = 'src/leases/plannable.ts'
const table = 'src/backends/memory/lease-store.ts'

/** Bugs of timing hide behind margins: none of them here, replies that take long, and much that may be open. */
const noMargins: Scenario = {
  ...bounded,
  name: 'no margins',
  timers: { ...bounded.timers, clockMarginMs: 0, dateSkewMs: 1e9, maxOpenRecords: 1000 },
  clockDrift: 0,
  // Four scans are hardly longer than a lease.
  leases: { ...bounded.leases, scanMs: 2501 },
  network: { ...bounded.network, slow: 0.3, slowMs: 950 },
  faults: { ...bounded.faults, 'cut-leases': 4, pause: 3 },
}

/** Clocks that run apart by more than anybody reckons with, and a margin that covers them. */
const fastClocks: Scenario = {
  ...noMargins,
  name: 'clocks 10 % apart',
  timers: { ...noMargins.timers, clockMarginMs: 2 * 0.1 * 10_000 + 100, settleMs: 3600, visibleMs: 1200 },
  clockDrift: 0.1,
}

const only = (faults: Partial<Record<FaultKind, number>>): Scenario['faults'] => ({
  ...(Object.fromEntries(Object.keys(bounded.faults).map(kind => [kind, 0])) as Scenario['faults']),
  ...faults,
})

const hasty: Scenario = { ...bounded, name: 'hasty', hasty: 1, faults: { ...bounded.faults, stop: 5 } }

/** Nobody starts anew, and nobody looks for new shards. */
const lonely: Scenario = {
  ...bounded,
  name: 'no audit',
  leases: { ...bounded.leases, shardSyncMs: 1e9 },
  faults: only({ 'split-input': 2, pause: 1 }),
}

/** Others write to the output streams faster than they can be read back. */
const crowded: Scenario = {
  ...bounded,
  name: 'crowded',
  records: 30,
  faultsMs: 20_000,
  calmMs: 400_000,
  outputShards: 1,
  readBackRecords: 2,
  foreignPerSecond: 11,
  timers: { ...bounded.timers, freshMs: 120_000 },
  faults: only({ crash: 1, pause: 0.5 }),
}

/** A look that begins anew takes longer than it keeps fresh. */
const impatient: Scenario = {
  ...crowded,
  name: 'looks age quickly',
  foreignPerSecond: 5.6,
  timers: { ...crowded.timers, freshMs: 1000 },
}

/** Reading back takes longer than a lease. */
const slowLooks: Scenario = {
  ...bounded,
  name: 'slow looks',
  timers: { ...bounded.timers, settleMs: 16_000 },
  faults: only({ crash: 2, pause: 2 }),
}

const apart: Scenario = {
  ...bounded,
  name: 'servers apart',
  skewMs: 3000,
  timers: { ...bounded.timers, dateMarginMs: 7000, dateSkewMs: 3000 },
}

const reused: Scenario = { ...bounded, name: 'names used again', faults: { ...bounded.faults, crash: 3 } }

const adoptsName: Patch = {
  file: plannable,
  find: 'if (!observations.expired(row)) return',
  replace: 'if (owner !== worker && !observations.expired(row)) return',
}

const heldOnlyByReleases: Patch = {
  file: shard,
  find: 'const since = this.#recovery?.since ?? this.#sendingSince',
  replace: "const since = (write === 'release' ? this.#recovery?.since : undefined) ?? this.#sendingSince",
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'no time fence',
    rule: '18',
    patches: [
      {
        file: fence,
        find: 'return elapsedMs(renewed, now, timers) <= fenceMs(timers)',
        replace: 'return true',
      },
    ],
  },
  {
    name: 'steal a live lease',
    rule: '11',
    patches: [
      {
        file: observations,
        find: 'return row.owner !== undefined && this.#unchangedFor(row, this.#leaseMs)',
        replace: 'return row.owner !== undefined',
      },
    ],
  },
  {
    name: 'take condition: owner only',
    rule: '6',
    patches: [
      {
        file: table,
        find: 'const row = this.#table.same(seen)\n    if (row === undefined || row.checkpoint',
        replace:
          'const now = this.#table.rows.get(seen.shardId)\n    const row = now?.owner === seen.owner ? now : undefined\n    if (row === undefined || row.checkpoint',
      },
    ],
  },
  {
    name: 'checkpoint before write',
    rule: '17',
    patches: [
      {
        file: shard,
        find: "if ((await this.#sendAll(outputs)) === 'over') return 'lost'",
        replace:
          "this.#run.acknowledge(position, batch.records.length)\n      if ((await this.#sendAll(outputs)) === 'over') return 'lost'",
      },
    ],
  },
  {
    name: 'stale checkpoint read at take-over',
    rule: '12',
    patches: [
      {
        file: take,
        find: "return lease === 'lost' ? 'lost' : { lease, sentAt, inherited: inherit(lease, take) }",
        replace: `if (lease === 'lost') return 'lost'
      const seen = (await store.list()).find(({ shardId }) => shardId === row.shardId)
      return { lease: { ...lease, checkpoint: seen?.checkpoint ?? lease.checkpoint }, sentAt, inherited: inherit(lease, take) }`,
      },
    ],
  },
  {
    name: 'blind retry of a timed-out put',
    rule: '22',
    patches: [
      { file: shard, find: "if (!reply.fates.includes('unknown')) {", replace: 'if (open.length > 0) {' },
    ],
  },
  {
    name: 'ambiguous put: no settle wait',
    rule: '22',
    patches: [{ file: shard, find: 'leftAt + resolveMs(timers)', replace: 'leftAt' }],
  },
  {
    name: 'child before parent',
    rule: '11',
    patches: [
      {
        file: plan,
        find: "if (row.checkpoint.at === 'shardEnd') return false",
        replace: "return row.checkpoint.at !== 'shardEnd'",
      },
    ],
  },
  {
    name: 'SHARD_END before child rows',
    rule: '28',
    patches: [
      {
        file: coordinator,
        find: "if (result === 'ended') await this.#shards.makeChildren(shardId)",
        replace: '',
      },
    ],
    scenario: lonely,
  },
  {
    name: 'settle counted from the check, not the socket write',
    rule: '22',
    patches: [
      {
        file: shard,
        find: 'const reply = await this.#put(pending)',
        replace:
          'const checkedAt = this.#parts.clock.monotonic()\n      const put = await this.#put(pending)\n      const reply = put.sent ? { ...put, leftAt: checkedAt } : put',
      },
    ],
  },
  {
    name: 'no read-back at unclean take-over',
    rule: '23',
    patches: [
      {
        file: shard,
        find: "if (inherited.state === 'clean') return undefined",
        replace: 'return undefined',
      },
    ],
  },
  {
    name: 'read-back without grace',
    rule: '23',
    patches: [{ file: recovery, find: 'decidedAt + graceMs(timers, after)', replace: 'decidedAt' }],
  },
  {
    name: 'output split not followed',
    rule: '23',
    patches: [
      {
        file: readBack,
        find: 'const shards = await this.#source.listShards()',
        replace: 'const shards = (this.listed ??= (await this.#source.listShards()))',
      },
      {
        file: readBack,
        find: 'if (left.length === 0 && late && !this.#childless(shards)) return',
        replace: 'if (left.length === 0) return',
      },
    ],
  },
  {
    name: 'T moved at take-over',
    rule: '3.2, 24',
    patches: [{ file: table, find: 'row.dirtySince ?? dirtySince', replace: 'dirtySince ?? row.dirtySince' }],
  },
  {
    name: 'T = time of checkpoint, pipelined',
    rule: '21',
    patches: [
      {
        file: shard,
        find: 'const since = this.#recovery?.since ?? this.#sendingSince',
        replace:
          "const since = this.#recovery?.since ?? (write === 'release' ? this.#sendingSince : undefined)",
      },
    ],
  },
  { name: 'T released before recovered range passed', rule: '24', patches: [heldOnlyByReleases] },
  {
    name: 'clean release before recovered range passed',
    rule: '13',
    patches: [
      {
        file: shard,
        find: 'const since = this.#recovery?.since ?? this.#sendingSince',
        replace: "const since = (write === 'keep' ? this.#recovery?.since : undefined) ?? this.#sendingSince",
      },
    ],
  },
  {
    name: 'dirty mark not set before first send',
    rule: '3.2',
    patches: [{ file: table, find: 'row.dirtySince ?? dirtySince', replace: 'row.dirtySince' }],
  },
  {
    name: 'keeps sending after a release timed out',
    rule: '14',
    patches: [
      { file: holding, find: 'return this.#releasing || this.#refused', replace: 'return this.#refused' },
      {
        file: holding,
        find: 'const released = this.release()\n    this.#lost.abort()',
        replace: 'const released = this.release()',
      },
    ],
    scenario: hasty,
  },
  {
    name: 'recovered (adopted) write moves the fence',
    rule: '9',
    patches: [
      {
        file: holding,
        find: 'this.#lease = { ...row, owner }',
        replace: 'this.#lease = { ...row, owner }\n    this.#renewed = momentOf(this.#parts.clock)',
      },
    ],
    scenario: noMargins,
  },
  {
    name: 'own-write recovery ignores owner and moves fence',
    rule: '9',
    patches: [
      {
        file: holding,
        find: 'if (row === undefined || row.owner !== owner || row.counter !== counter + 1) return false\n    this.#lease = { ...row, owner }',
        replace:
          'if (row === undefined || row.counter !== counter + 1) return false\n    this.#lease = { ...row, owner }\n    this.#renewed = momentOf(this.#parts.clock)',
      },
    ],
    scenario: noMargins,
  },
  {
    name: 'owner name reused by next process',
    rule: '3',
    patches: [adoptsName],
    scenario: { ...reused, reuseNames: true },
    without: reused,
  },
  {
    name: 'owner stamps renewal at reply',
    rule: '8',
    patches: [
      {
        file: holding,
        find: 'this.#renewed = asRenewal(sentAt, kept)',
        replace: 'this.#renewed = asRenewal(momentOf(this.#parts.clock), kept)',
      },
    ],
    scenario: noMargins,
  },
  {
    name: 'taker stamps counter at request',
    rule: '10',
    patches: [
      {
        file: coordinator,
        find: 'const rows = await store.list()\n    this.#observations.look(rows, clock.monotonic())',
        replace:
          'const asked = clock.monotonic()\n    const rows = await store.list()\n    this.#observations.look(rows, asked)',
      },
    ],
    scenario: noMargins,
  },
  {
    name: 'no drift margin (10 % clocks)',
    rule: 'M',
    patches: [
      {
        file: timers,
        find: 'return leaseMs - putTimeoutMs - clockMarginMs',
        replace: 'return leaseMs - putTimeoutMs',
      },
    ],
    scenario: fastClocks,
  },
  {
    name: 'hasty release: checkpoint and T not one snapshot',
    rule: '7',
    patches: [
      {
        file: shard,
        find: 'const checkpoint = this.#run.position',
        replace: `const checkpoint = write === 'release' ? (this.earlier ?? this.#run.position) : this.#run.position
    this.earlier = this.#run.position`,
      },
    ],
    scenario: hasty,
  },
  {
    name: 'hasty release: read-back grace as after expiry',
    rule: '2 (G)',
    patches: [{ file: timers, find: "if (after === 'expiry')", replace: 'if (after)' }],
    scenario: hasty,
  },
  {
    name: 'skip by (event, stream), nondeterministic',
    rule: '25',
    patches: [{ file: presence, find: 'if (found.good === isOfGood[kind]) return', replace: 'return' }],
  },
  {
    name: 'read-back blocks renewals',
    rule: '23',
    patches: [
      { file: holding, find: 'if (this.over) return\n', replace: 'if (this.over || this.blocked) return\n' },
      {
        file: shard,
        find: 'recovery.ready.then(tell, () => {})',
        replace:
          'this.#holding.blocked = true\n    recovery.ready.then(() => { this.#holding.blocked = false })',
      },
    ],
    scenario: slowLooks,
  },
  {
    name: 'margin on T smaller than server skew',
    rule: '21',
    patches: [
      { file: recovery, find: 'since - timers.dateMarginMs', replace: 'since' },
      {
        file: shard,
        find: '(this.#sendingSince ?? 0) - timers.dateMarginMs',
        replace: 'this.#sendingSince ?? 0',
      },
    ],
    scenario: apart,
  },
  {
    name: 'until caught up, no fixed end; traffic 1.4 × read rate',
    rule: '23',
    patches: [
      {
        file: readBack,
        find: 'if ((batch.records.at(-1)?.arrivedAt ?? Number.NEGATIVE_INFINITY) > pastDate) return true',
        replace: '',
      },
    ],
    scenario: crowded,
  },
  {
    name: 'every look restarts, no free attempt',
    rule: '26',
    patches: [
      { file: shard, find: 'look !== undefined && !bought &&', replace: 'look !== undefined &&' },
      {
        file: readBack,
        find: 'const read = new Set<string>()',
        replace: 'const read = new Set()\n    this.#places.clear()',
      },
    ],
    scenario: impatient,
  },
  {
    name: 'T not held through the suspect range, late requests',
    rule: '24',
    patches: [heldOnlyByReleases],
    scenario: { ...bounded, name: 'late', streams: { ...bounded.streams, late: 0.01, lateMs: 300_000 } },
  },
  {
    name: 'the fence does not know the dates in replies',
    rule: '18',
    own: true,
    patches: [
      {
        file: fence,
        find: 'return Math.max(own, now.served - renewed.served - 2 * dateSkewMs)',
        replace: 'return own',
      },
    ],
    scenario: frozen,
  },
  {
    name: 'a take whose reply was lost has no date',
    rule: '18',
    own: true,
    patches: [{ file: take, find: 'momentOf(clock, dirtySince)', replace: 'momentOf(clock)' }],
    // It shows only until the first renewal.
    scenario: { ...frozen, network: { ...frozen.network, loss: 0.15 } },
  },
]
