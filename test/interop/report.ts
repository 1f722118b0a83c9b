import { systemClock } from '../../src/lib/index.ts'
import type { Campaign } from './campaign.ts'
import type { Crew } from './crew.ts'
import { leaseMs, type Ground } from './ground.ts'
import { judge, repeats, type Done, type Evidence, type Repeat, type Verdict } from './judge.ts'

export interface Finished {
  readonly campaign: Campaign
  readonly ground: Ground
  /** Put into the raw stream. */
  readonly records: number
  readonly say: (line: string) => void
}

/** How long what is missing is waited for, once nothing more is put. */
const patienceMs = 90_000

/** Waits until everything is done, stops everybody, and says what came of it. */
export async function conclude(finished: Finished): Promise<{ summary: object; wrong: string[] }> {
  const { campaign, ground, records, say } = finished
  const deadline = Date.now() + patienceMs
  while (Date.now() < deadline && judge(await evidence(finished)).lost.length > 0)
    await systemClock.sleep(1000)
  await campaign.stop()
  const found = await evidence(finished)
  const verdict = judge(found)
  const table = await ground.leases()
  say(`${records} records put, ${found.raw.length} in the raw stream`)
  const counts = countOf(verdict)
  const { unexplained } = counts
  const byJava = Object.values(counts).reduce((sum, count) => sum + count, 0) - unexplained
  const done = (by: Done['by']) => found.done.filter(one => one.by === by).length
  const failed = campaign.claims.filter(({ holds }) => !holds)
  const summary = {
    records: found.raw.length,
    lost: verdict.lost.length,
    misplaced: verdict.misplaced.length,
    processedByJava: done('java'),
    processedByMillrace: done('millrace'),
    duplicatedByJava: byJava,
    duplicatedByMillrace: unexplained,
    duplicates: counts,
    robberies: found.notes.filter(({ what }) => what === 'robbed').length,
    robbedWroteOnMs: wroteOn(campaign.crew, found.done),
    skippedRecoveries: found.notes.filter(({ what }) => what === 'foreign').length,
    takenFromLivingJava: takenFromLivingJava(campaign.crew),
    phases: phasesOf(campaign, found, verdict),
    claims: campaign.claims.length,
    claimsFailed: failed.map(({ what }) => what),
    leases: table.length,
    leasesEnded: table.filter(({ checkpoint }) => checkpoint?.S === 'SHARD_END').length,
  }
  return {
    summary,
    wrong: wrongOf(
      records,
      found,
      verdict,
      failed.map(({ what, found }) => `${what}: ${found}`),
    ),
  }
}

async function evidence({ campaign, ground, records }: Finished): Promise<Evidence> {
  const raw = await ground.raw(records)
  const done = [...campaign.crew.javaDone(), ...(await ground.written())]
  return { raw, done, notes: campaign.crew.fleet.notes(), noticeMs: leaseMs }
}

function countOf({ repeated }: Verdict): Record<Repeat, number> {
  const counts = Object.fromEntries(repeats.map(repeat => [repeat, 0])) as Record<Repeat, number>
  for (const { repeat } of repeated) counts[repeat]++
  return counts
}

function phasesOf({ phases }: Campaign, { done, notes }: Evidence, { repeated }: Verdict): object[] {
  return phases.map(({ name, from, takeOverMs }, i) => {
    const to = phases[i + 1]?.from ?? Number.POSITIVE_INFINITY
    const within = ({ at }: { readonly at: number }) => at >= from && at < to
    const last = Math.max(...done.map(({ at }) => at))
    const counts = countOf({ lost: [], misplaced: [], repeated: repeated.filter(({ done }) => within(done)) })
    return {
      name,
      seconds: Math.round((Math.min(to, last) - from) / 1000),
      java: done.filter(one => one.by === 'java' && within(one)).length,
      millrace: done.filter(one => one.by === 'millrace' && within(one)).length,
      ...(takeOverMs !== undefined && { takeOverMs }),
      duplicates: Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
      robberies: notes.filter(note => note.what === 'robbed' && within(note)).length,
    }
  })
}

/** How long a robbed Millrace went on, at most: from Java's first look at the shard to the last event from it. */
function wroteOn({ java, fleet }: Crew, done: readonly Done[]): number {
  const begins = java.flatMap(worker => worker.follow().filter(({ kind }) => kind === 'begin'))
  const gaps = begins.flatMap(({ shardId, at }) => {
    const taken = fleet.told.find(
      ({ at: when, event }) => when > at && event.type === 'lease-taken' && event.shardId === shardId,
    )
    const until = taken?.at ?? Number.POSITIVE_INFINITY
    const later = done.filter(
      one => one.by === 'millrace' && one.shardId === shardId && one.at > at && one.at < until,
    )
    return later.map(one => one.at - at)
  })
  return Math.max(0, ...gaps)
}

/** Should be none; a machine that is too busy may keep Java from renewing. */
function takenFromLivingJava({ java, fleet }: Crew): number {
  const endOf = new Map(java.map(worker => [worker.name, worker.endedAt ?? Number.POSITIVE_INFINITY]))
  return fleet.told.filter(
    ({ at, event }) => event.type === 'lease-taken' && at < (endOf.get(event.from ?? '') ?? 0),
  ).length
}

function wrongOf(
  records: number,
  { raw, done }: Evidence,
  verdict: Verdict,
  claims: readonly string[],
): string[] {
  const unexplained = verdict.repeated.filter(({ repeat }) => repeat === 'unexplained')
  const historyOf = ({ shardId, sequence, subSequence }: Done) =>
    done
      .filter(one => one.shardId === shardId && one.sequence === sequence && one.subSequence === subSequence)
      .map(({ worker, at }) => `${worker} at ${new Date(at).toISOString().slice(11, 23)}`)
      .join(', ')
  return [
    ...(raw.length === records ? [] : [`${records} records were put, and ${raw.length} are there`]),
    ...verdict.lost.slice(0, 10).map(n => `lost: record ${n}`),
    ...verdict.misplaced
      .slice(0, 10)
      .map(({ n, shardId, sequence }) => `misplaced: ${n} under ${shardId} ${sequence}`),
    ...unexplained
      .slice(0, 10)
      .map(({ done: one }) => `twice without Java: ${one.n} of ${one.shardId}: ${historyOf(one)}`),
    ...claims.map(claim => `does not hold: ${claim}`),
  ]
}
