import { compareSequences, type Shard } from '../../src/streams/index.ts'
import type { SentEvent } from './traffic.ts'

/** A record of the raw stream, with the ids of the events in it, in their order. */
export interface RawRecord {
  readonly shardId: string
  readonly sequence: string
  readonly arrivedAt: number
  readonly eventIds: readonly string[]
}

/** A record of an output stream. Records of one shard are in their order. */
export interface Written {
  readonly stream: 'good' | 'bad'
  readonly shardId: string
  readonly arrivedAt: number
  readonly eventId: string
  /** Absent: not written by a worker. */
  readonly from?: {
    readonly shardId: string
    readonly sequence: string
    readonly index: number
    readonly output: number
    readonly epoch: number
  }
}

export interface Logs {
  readonly sent: ReadonlyMap<string, SentEvent>
  readonly shards: readonly Pick<Shard, 'shardId' | 'parents'>[]
  readonly raw: readonly RawRecord[]
  readonly written: readonly Written[]
  /** Producers may repeat a request that nobody answered: an event that is in the raw stream twice then comes out twice. */
  readonly repeats?: boolean
  /** Outputs of so many raw records in a row may change places: those of one batch, of which parts were refused. */
  readonly batchRecords?: number
}

export interface Wrong {
  readonly what: 'lost' | 'duplicated' | 'outOfOrder' | 'misplaced'
  readonly why: string
  readonly eventId: string
  /** Where it is in the raw stream. */
  readonly raw: readonly RawRecord[]
  /** Where it came out. */
  readonly written: readonly Written[]
  /** When it happened, as far as anybody can tell, ms since the epoch. */
  readonly at: number
}

/** Compares what went in with what came out: by event id, and by what each output says of where it came from. */
export function judge(logs: Logs): Wrong[] {
  const raw = groupBy(logs.raw.flatMap(record => record.eventIds.map(id => [id, record] as const)))
  const written = groupBy(logs.written.map(record => [record.eventId, record] as const))
  const verdict: Verdict = (what, why, eventId, at) => {
    const found = { raw: raw.get(eventId) ?? [], written: written.get(eventId) ?? [] }
    return { what, why, eventId, at, ...found }
  }
  return [
    ...judgeAccepted(logs, raw, verdict),
    ...judgeEvents(logs, raw, written, verdict),
    ...judgeProvenance(logs, verdict),
    ...judgeOrder(logs, verdict),
  ]
}

type Verdict = (what: Wrong['what'], why: string, eventId: string, at: number) => Wrong
type ById<T> = ReadonlyMap<string, readonly T[]>

/** The collector: what it said 200 to is in the raw stream, and nothing is there twice. */
function judgeAccepted({ sent, repeats = false }: Logs, raw: ById<RawRecord>, verdict: Verdict): Wrong[] {
  return [...sent].flatMap(([id, { fate, sentAt }]) => {
    const count = raw.get(id)?.length ?? 0
    if (count === 0 && fate === 'accepted') {
      return [verdict('lost', 'answered 200, and not in the raw stream', id, sentAt)]
    }
    return count > 1 && !repeats
      ? [verdict('duplicated', `${count} times in the raw stream`, id, sentAt)]
      : []
  })
}

/** The workers: every event of the raw stream came out once, in the stream where it belongs. */
function judgeEvents(logs: Logs, raw: ById<RawRecord>, written: ById<Written>, verdict: Verdict): Wrong[] {
  const missing = [...raw].flatMap(([id, [record]]) =>
    written.has(id) || record === undefined
      ? []
      : [verdict('lost', 'in the raw stream, and in no output', id, record.arrivedAt)],
  )
  const others = [...written].flatMap(([id, records]) => {
    const at = records.at(-1)?.arrivedAt ?? 0
    const kind = logs.sent.get(id)?.kind
    const wrong: Wrong[] = []
    if (records.length > (logs.repeats === true ? Math.max(1, raw.get(id)?.length ?? 0) : 1))
      wrong.push(verdict('duplicated', `came out ${records.length} times`, id, at))
    if (!raw.has(id)) wrong.push(verdict('misplaced', 'came out and never was in the raw stream', id, at))
    if (kind !== undefined && records.some(({ stream }) => stream !== kind)) {
      wrong.push(verdict('misplaced', `a ${kind} event in the other stream`, id, at))
    }
    return wrong
  })
  return [...missing, ...others]
}

/** Each place in the raw stream made one output, and that output is the event of this place. */
function judgeProvenance({ raw, written }: Logs, verdict: Verdict): Wrong[] {
  const places = new Map(
    raw.flatMap(record => record.eventIds.map((id, index) => [placeOf({ ...record, index }), id] as const)),
  )
  const seen = new Set<string>()
  return written.flatMap(({ eventId, from, arrivedAt }) => {
    if (from === undefined)
      return [verdict('misplaced', 'came out without a word of where from', eventId, arrivedAt)]
    const wrong: Wrong[] = []
    const place = placeOf(from)
    if (seen.has(place)) wrong.push(verdict('duplicated', `${place} came out again`, eventId, arrivedAt))
    seen.add(place)
    if (places.get(place) !== eventId) {
      wrong.push(
        verdict('misplaced', `says that it comes from ${place}, where it is not`, eventId, arrivedAt),
      )
    }
    return wrong
  })
}

/** In each output shard: the events of one raw shard in their order, and nothing of a parent behind its child's. */
function judgeOrder({ shards, raw, written, batchRecords = 1 }: Logs, verdict: Verdict): Wrong[] {
  const descendants = descendantsOf(shards)
  const ordinals = ordinalsOf(raw)
  const apart = (a: Place, b: Place) => (ordinals.get(recordOf(a)) ?? 0) - (ordinals.get(recordOf(b)) ?? 0)
  const wrong: Wrong[] = []
  /** By output shard and raw shard: the furthest that came out. */
  const furthest = new Map<string, Required<Written>['from']>()
  for (const { stream, shardId, from, eventId, arrivedAt } of written) {
    if (from === undefined) continue
    const keyOf = (rawShard: string) => `${stream} ${shardId} ${rawShard}`
    const before = furthest.get(keyOf(from.shardId))
    if (before !== undefined && comparePlaces(before, from) > 0) {
      const why = `behind ${placeOf(before)} in ${stream} ${shardId}`
      const within = batchRecords > 1 && apart(before, from) < batchRecords
      if (!within) wrong.push(verdict('outOfOrder', why, eventId, arrivedAt))
    } else furthest.set(keyOf(from.shardId), from)
    const child = descendants.get(from.shardId)?.find(descendant => furthest.has(keyOf(descendant)))
    if (child !== undefined) {
      wrong.push(verdict('outOfOrder', `behind events of ${child}, which came later`, eventId, arrivedAt))
    }
  }
  return wrong
}

/** Of each raw record: its number in its shard. */
function ordinalsOf(raw: Logs['raw']): ReadonlyMap<string, number> {
  const byShard = Map.groupBy(raw, ({ shardId }) => shardId)
  return new Map(
    [...byShard.values()].flatMap(records => records.map((record, i) => [recordOf(record), i] as const)),
  )
}

function recordOf({ shardId, sequence }: Pick<Place, 'shardId' | 'sequence'>): string {
  return `${shardId}/${sequence}`
}

function descendantsOf(shards: Logs['shards']): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>(shards.map(({ shardId }) => [shardId, []]))
  const climb = (shardId: string, descendant: string): void => {
    for (const parent of shards.find(shard => shard.shardId === shardId)?.parents ?? []) {
      found.get(parent)?.push(descendant)
      climb(parent, descendant)
    }
  }
  for (const { shardId } of shards) climb(shardId, shardId)
  return found
}

interface Place {
  readonly shardId: string
  readonly sequence: string
  readonly index: number
}

function placeOf({ shardId, sequence, index }: Place): string {
  return `${shardId}/${sequence}/${index}`
}

function comparePlaces(a: Place, b: Place): number {
  return compareSequences(a.sequence, b.sequence) || a.index - b.index
}

function groupBy<T>(pairs: readonly (readonly [string, T])[]): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const [key, value] of pairs) {
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [value])
    else group.push(value)
  }
  return groups
}
