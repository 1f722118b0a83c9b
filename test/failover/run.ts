import type { Violation } from './oracle.ts'
import { Chaos } from './faults.ts'
import type { Scenario } from './scenario.ts'
import { judge, type Verdict } from './verdict.ts'
import { readOnce } from './reader.ts'
import { outputStreams, World } from './world.ts'

export interface RunReport extends Verdict {
  readonly seed: number
  readonly scenario: string
  /** Simulated time at which everything was done. */
  readonly endedAt: number
  readonly orphanedMs: number
  /** Copies that came through the bundled reader. */
  readonly afterReader: number
  readonly violations: readonly Violation[]
}

/** One run: the whole fleet, everything that goes wrong, and the judgement. */
export async function run(scenario: Scenario, seed: number, trace?: string[]): Promise<RunReport> {
  const world = new World(scenario, seed, trace)
  const { timeline } = world
  world.rage()
  feed(world)
  crowd(world)
  new Chaos(world).begin()
  await timeline.run(scenario.faultsMs)
  world.note('CALM')
  world.calm()
  const deadline = scenario.faultsMs + scenario.calmMs
  // A process that is paused wakes up by itself; a slot that is empty is filled.
  timeline.after(20_000, () => {
    if (world.processes.size === 0) world.start(0)
  })
  const done = () => finished(world)
  let checked = 0
  await timeline.run(deadline, () => timeline.now - checked >= 1000 && ((checked = timeline.now), done()))
  // What is still on its way arrives.
  const endedAt = timeline.now
  const idle = done()
  for (const process of world.processes) process.machine.crash()
  await timeline.run(endedAt + scenario.settleMs + scenario.streams.lateMs)
  return report(world, { seed, endedAt, idle })
}

/** Records come one by one, most of them while there are faults. */
function feed(world: World): void {
  const { random, timeline, scenario } = world
  const letters = scenario.nondeterministic ? 'ggggbbfn' : 'ggggbbf'
  for (let n = 0; n < scenario.records; n++) {
    const events = Array.from(
      { length: 1 + random.below(3) },
      () => letters[random.below(letters.length)],
    ).join('')
    timeline.after(random.between(0, scenario.faultsMs + 5000), () => world.put(events))
  }
}

/** Others write to the same output streams, for as long as the run lasts. */
function crowd(world: World): void {
  const { timeline, scenario } = world
  if (scenario.foreignPerSecond === 0) return
  const put = () => {
    world.putForeign()
    timeline.after(1000 / scenario.foreignPerSecond, put)
  }
  put()
}

/** Every event of every record has come out somewhere, and the table says so. */
function finished({ leases, streams, oracle, scenario }: World): boolean {
  if (oracle.inputs.size < scenario.records) return false
  return streams.stream('raw').shards.every(({ shardId, closed, records }) => {
    const checkpoint = leases.table.rows.get(shardId)?.checkpoint
    if (checkpoint === undefined) return false
    if (closed !== undefined) return checkpoint.at === 'shardEnd'
    const last = records.at(-1)?.sequence
    return last === undefined || (checkpoint.at === 'after' && Number(checkpoint.sequence) >= Number(last))
  })
}

async function report(
  world: World,
  { seed, endedAt, idle }: { seed: number; endedAt: number; idle: boolean },
): Promise<RunReport> {
  const { oracle, scenario, streams } = world
  const places = new Map<string, string>()
  for (const kind of ['good', 'bad', 'failed'])
    for (const { shardId, records } of streams.stream(kind).shards)
      for (const { provenance, sequence } of records)
        places.set(`${kind} ${sequence}`, shardId + (provenance ? '' : '?'))
  const verdict = judge({
    inputs: oracle.inputs,
    stored: oracle.stored,
    parents: new Map(streams.stream('raw').shards.map(({ shardId, parents }) => [shardId, parents])),
    maxBatchRecords: scenario.maxBatchRecords,
    placeOf: stored => places.get(`${stored.kind} ${stored.outputSequence}`) ?? '',
  })
  const stuck = idle
    ? []
    : [{ rule: 'N16', what: 'not everything is done long after the last fault', at: endedAt }]
  const read = await Promise.all(outputStreams.map(kind => readOnce(streams.stream(kind))))
  const afterReader = read.reduce((sum, { copies }) => sum + copies, 0)
  const unread = read.reduce((sum, { lost }) => sum + lost, 0)
  const reader =
    afterReader + unread > 0
      ? [
          {
            rule: 'N15',
            what: `the reader lets ${afterReader} copies through and drops ${unread} records`,
            at: 0,
          },
        ]
      : []
  const violations = [...oracle.violations, ...verdict.violations, ...reader, ...stuck]
  return {
    ...verdict,
    violations,
    seed,
    scenario: scenario.name,
    endedAt,
    orphanedMs: Math.round(oracle.orphanedMs),
    afterReader,
  }
}
