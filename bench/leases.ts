import { Observations } from '../src/leases/observations.ts'
import type { LeaseRow } from '../src/leases/lease.ts'
import { eligible, planLeases, type PlannableLease } from '../src/leases/plan.ts'

// One worker's look at a large table: from the rows that the store gave to what it takes and asks for.

export interface LeaseFigures {
  readonly shards: number
  readonly workers: number
  /** Median of `planLeases` in the slowest situation, once the code is warm. */
  readonly planMs: number
  /** The first call of this process, in the steady state. */
  readonly coldPlanMs: number
  /** Median of the whole pure part of a scan in the slowest situation: observations, glances, eligibility, plan. */
  readonly scanMs: number
  readonly coldScanMs: number
  /** `steadyPlanMs`, `halfDeadScanMs`, …: the medians of each situation. */
  readonly [situation: string]: number
}

const shards = 10_000
const workers = 1000
const leaseMs = 10_000
const me = nameOf(7)

/** Who owns shard `i`; undefined: nobody, or a worker that is dead. */
const situations: Readonly<Record<string, (i: number) => string | undefined>> = {
  steady: i => nameOf(i % workers),
  halfDead: i => (i % workers < workers / 2 ? nameOf(i % workers) : undefined),
  oneNew: i => nameOf(i % workers === 7 ? 8 : i % workers),
  allFree: () => undefined,
  heldByOne: () => nameOf(0),
}

export async function benchLeases(): Promise<LeaseFigures> {
  const cold = measure('steady', 1, 1)
  const each: Record<string, number> = {}
  for (const name of Object.keys(situations)) {
    const { plan, scan } = measure(name, 9, 8)
    each[`${name}PlanMs`] = rounded(median(plan))
    each[`${name}ScanMs`] = rounded(median(scan))
  }
  const slowest = (what: string) =>
    Math.max(...Object.entries(each).flatMap(([name, ms]) => (name.endsWith(what) ? ms : [])))
  return {
    shards,
    workers,
    planMs: slowest('PlanMs'),
    coldPlanMs: rounded(median(cold.plan)),
    scanMs: slowest('ScanMs'),
    coldScanMs: rounded(median(cold.scan)),
    ...each,
  }
}

/** Processor time of one call. It is counted in steps of some milliseconds, so a sample is the mean of several calls. */
function measure(situation: string, samples: number, calls: number): { plan: number[]; scan: number[] } {
  const ownerOf = situations[situation] ?? (() => undefined)
  const looks = new Observations(leaseMs)
  const plan: number[] = []
  const scan: number[] = []
  for (let sample = 0; sample < samples; sample++) {
    // New objects each time, as from a store.
    const tables = Array.from({ length: calls }, (_, call) => rowsOf(ownerOf, sample * calls + call))
    const listed = new Set(tables[0]?.map(row => row.shardId))
    const began = milliseconds()
    const plannable = tables.map(rows => readTable(rows, listed, looks))
    const read = milliseconds()
    for (const leases of plannable) planLeases(leases, me)
    const ended = milliseconds()
    plan.push((ended - read) / calls)
    scan.push((ended - began) / calls)
  }
  return { plan, scan }
}

function milliseconds(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** What `Coordinator` does with the rows before it plans. */
function readTable(
  rows: readonly LeaseRow[],
  listed: ReadonlySet<string>,
  looks: Observations,
): PlannableLease[] {
  looks.look(rows, ((rows[0]?.counter ?? 0) * leaseMs) / 4)
  const byShard = new Map(rows.map(row => [row.shardId, row]))
  glances(rows)
  return rows
    .filter(row => eligible(row, byShard, listed))
    .map(row => {
      const { shardId, owner } = row
      if (owner === undefined || looks.expired(row)) return { shardId, abandoned: looks.abandoned(row) }
      return { shardId, liveOwner: owner }
    })
}

function glances(rows: readonly LeaseRow[]) {
  return rows.map(({ shardId, owner, checkpoint }) => ({
    shardId,
    ...(owner !== undefined && { owner }),
    ended: checkpoint.at === 'shardEnd',
  }))
}

function rowsOf(ownerOf: (i: number) => string | undefined, round: number): LeaseRow[] {
  return Array.from({ length: shards }, (_, i): LeaseRow => {
    const owner = ownerOf(i)
    return {
      shardId: `shardId-${String(i).padStart(12, '0')}`,
      parents: i % 3 === 0 ? [`shardId-${String(i + shards).padStart(12, '0')}`] : [],
      counter: round,
      epoch: 1,
      checkpoint: {
        at: 'after',
        sequence: '49590338271490256608559692538361571095921575989136588898',
        subSequence: 0,
      },
      ownerSwitchesSinceCheckpoint: 0,
      ...(owner !== undefined && { owner }),
    }
  })
}

function nameOf(worker: number): string {
  return `ip-10-0-${worker >> 8}-${worker & 255}.eu-central-1.compute.internal:${worker.toString(16).padStart(12, '0')}`
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function rounded(ms: number): number {
  return Number(ms.toFixed(2))
}
