import type { OutputKind } from '../../src/streams/index.ts'
import type { Input, Stored, Violation } from './oracle.ts'

export interface Verdict {
  /** Events that are in no output stream. */
  readonly lost: number
  /** Copies that a late or frozen request explains, and those that nothing does. */
  readonly excusedCopies: number
  readonly copies: number
  /** Events that came out good and bad. */
  readonly mixed: number
  /** By how many raw records first copies are out of order at most, in any output shard. */
  readonly disorder: number
  readonly violations: readonly Violation[]
}

export interface Outcome {
  readonly inputs: ReadonlyMap<string, Input>
  readonly stored: readonly Stored[]
  /** The parents of each input shard. */
  readonly parents: ReadonlyMap<string, readonly string[]>
  readonly maxBatchRecords: number
  /** In which output shard a record lies. */
  readonly placeOf: (stored: Stored) => string
}

const expected: Readonly<Record<string, readonly (readonly OutputKind[])[]>> = {
  g: [['good']],
  b: [['bad']],
  f: [['bad', 'failed']],
  // Not deterministic: one of the two.
  n: [['good'], ['bad']],
}

/** Compares what came out with what went in, when all is over. */
export function judge(outcome: Outcome): Verdict {
  const firsts = new Map<string, Stored>()
  const copies = { excused: 0, plain: 0 }
  const violations: Violation[] = []
  for (const stored of outcome.stored) {
    const key = `${stored.kind} ${stored.input}.${stored.index}/${stored.output}`
    const first = firsts.get(key)
    if (first === undefined) {
      firsts.set(key, stored)
      continue
    }
    const excused = first.sent.excused || stored.sent.excused
    copies[excused ? 'excused' : 'plain']++
    // A third copy is held against one that nothing explains.
    if (first.sent.excused && !stored.sent.excused) firsts.set(key, stored)
    if (!excused) violations.push({ rule: 'N2', what: `${key} is stored twice`, at: Math.round(stored.at) })
  }
  const events = kindsOf([...firsts.values()])
  const { lost, mixed } = judgeEvents(outcome, events, violations)
  // What took effect later than anybody reckons with may be the only output of its kind: of an event that came out
  // differently the second time.
  const inTime = [...firsts.values()].filter(({ sent }) => !sent.excused)
  const disorder = disorderOf(outcome, inTime)
  if (disorder > outcome.maxBatchRecords - 1)
    violations.push({ rule: 'N3', what: `${disorder} raw records out of order`, at: 0 })
  violations.push(...childrenBeforeParents(outcome, inTime))
  return { lost, mixed, disorder, copies: copies.plain, excusedCopies: copies.excused, violations }
}

interface Found {
  readonly kinds: Set<OutputKind>
  excused: boolean
}

function kindsOf(firsts: readonly Stored[]): Map<string, Found> {
  const events = new Map<string, Found>()
  for (const { kind, input, index, sent } of firsts) {
    const event = events.get(`${input}.${index}`) ?? { kinds: new Set(), excused: false }
    event.kinds.add(kind)
    event.excused ||= sent.excused
    events.set(`${input}.${index}`, event)
  }
  return events
}

function judgeEvents({ inputs }: Outcome, found: ReadonlyMap<string, Found>, violations: Violation[]) {
  let lost = 0
  let mixed = 0
  for (const [name, { events }] of inputs) {
    for (const [index, letter] of events.split('').entries()) {
      const event = found.get(`${name}.${index}`)
      const kinds = [...(event?.kinds ?? [])]
      const ways = expected[letter] ?? []
      if (ways.some(way => way.length === kinds.length && way.every(kind => kinds.includes(kind)))) continue
      if (kinds.includes('good') && kinds.includes('bad')) {
        if (event?.excused === true) continue
        mixed++
        violations.push({ rule: 'N1', what: `${name}.${index} is good and bad`, at: 0 })
      } else {
        lost++
        violations.push({ rule: 'N1', what: `${name}.${index} (${letter}) is lost: ${kinds.join()}`, at: 0 })
      }
    }
  }
  return { lost, mixed }
}

function disorderOf({ inputs, placeOf }: Outcome, firsts: readonly Stored[]): number {
  const latest = new Map<string, number>()
  let most = 0
  for (const stored of firsts) {
    const place = `${stored.kind}/${placeOf(stored)}/${stored.shardId}`
    const ordinal = inputs.get(stored.input)?.ordinal ?? 0
    const before = latest.get(place) ?? 0
    most = Math.max(most, before - ordinal)
    latest.set(place, Math.max(before, ordinal))
  }
  return most
}

function childrenBeforeParents({ parents }: Outcome, firsts: readonly Stored[]): Violation[] {
  const first = new Map<string, number>()
  const last = new Map<string, number>()
  for (const { shardId, at } of firsts) {
    first.set(shardId, Math.min(first.get(shardId) ?? Number.POSITIVE_INFINITY, at))
    last.set(shardId, Math.max(last.get(shardId) ?? 0, at))
  }
  const ancestors = (shardId: string): string[] =>
    (parents.get(shardId) ?? []).flatMap(parent => [parent, ...ancestors(parent)])
  return [...parents.keys()].flatMap(child =>
    ancestors(child)
      .filter(parent => (last.get(parent) ?? 0) > (first.get(child) ?? Number.POSITIVE_INFINITY))
      .map(parent => ({ rule: 'N4', what: `${child} comes before the end of ${parent}`, at: 0 })),
  )
}
