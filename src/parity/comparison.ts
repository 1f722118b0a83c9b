import { columnIndex, type ColumnName } from '../core/index.ts'
import { MillraceError } from '../lib/index.ts'
import { lineDifferences, readLine, type ColumnDifference } from './columns.ts'
import { Pairing, type Pair, type Side } from './pairs.ts'

/** One kind of difference: where, how, how often, and the first of them. */
export interface Finding {
  readonly column: ColumnName
  readonly path: string
  readonly cause: ColumnDifference['cause']
  events: number
  readonly example: { readonly eventId: string; readonly a: string; readonly b: string }
}

export interface ParityReport {
  /** `same`: every event of each side is on the other, and means the same in every column that was compared. */
  readonly verdict: 'same' | 'different'
  readonly events: { readonly a: number; readonly b: number; readonly both: number; readonly equal: number }
  readonly onlyInA: number
  readonly onlyInB: number
  /** Pairs whose `event_id` differs: the tracker sent none. */
  readonly idsDiffer: number
  /** Lines that are no events. */
  readonly unreadable: { readonly a: number; readonly b: number }
  /** The most frequent first. */
  readonly findings: readonly Finding[]
}

export interface ParityOptions {
  /** Columns that may differ: when and by whom the event was enriched. */
  readonly ignore: ReadonlySet<ColumnName>
  /** Lines that may wait for their counterpart at once. */
  readonly maxWaiting: number
  /** Of all these lines together. */
  readonly maxWaitingCharacters: number
}

export const parityDefaults: ParityOptions = {
  ignore: new Set(['etl_tstamp', 'v_etl']),
  maxWaiting: 1_000_000,
  // A quarter of the memory that Node gives itself on a small machine.
  maxWaitingCharacters: 512 * 1024 * 1024,
}

/** Holds the enriched events of two enrichers against each other, read side by side. */
export async function compareEvents(
  a: AsyncIterable<string>,
  b: AsyncIterable<string>,
  options: ParityOptions = parityDefaults,
): Promise<ParityReport> {
  const comparison = new Comparison(options)
  const sides: readonly (readonly [Side, AsyncIterator<string>])[] = [
    ['a', a[Symbol.asyncIterator]()],
    ['b', b[Symbol.asyncIterator]()],
  ]
  const open = new Set(sides)
  while (open.size > 0) {
    for (const entry of open) {
      const [side, lines] = entry
      const next = await lines.next()
      if (next.done === true) open.delete(entry)
      else if (next.value !== '') comparison.add(side, next.value)
    }
  }
  return comparison.finish()
}

class Comparison {
  readonly #options: ParityOptions
  readonly #pairing = new Pairing()
  readonly #events = { a: 0, b: 0, both: 0, equal: 0 }
  readonly #unreadable = { a: 0, b: 0 }
  readonly #findings = new Map<string, Finding>()

  constructor(options: ParityOptions) {
    this.#options = options
  }

  add(side: Side, text: string): void {
    const line = readLine(text)
    if (line === undefined) {
      this.#unreadable[side]++
      return
    }
    this.#events[side]++
    const pair = this.#pairing.add(side, line[eventId] ?? '', text)
    if (pair !== undefined) this.#compare(pair)
    const { maxWaiting, maxWaitingCharacters } = this.#options
    const { size, characters } = this.#pairing
    if (size <= maxWaiting && characters <= maxWaitingCharacters) return
    const message = `${size} events (${characters} characters) have no counterpart yet; compare the same time range of both, or smaller parts`
    throw new MillraceError('config', message, { retryable: false })
  }

  finish(): ParityReport {
    const { alike, onlyA, onlyB } = this.#pairing.finish()
    for (const pair of alike) this.#compare(pair, ['event_id'])
    const { both, equal } = this.#events
    const { a, b } = this.#unreadable
    const same = both === equal && onlyA + onlyB + a + b === 0
    return {
      verdict: same ? 'same' : 'different',
      events: this.#events,
      onlyInA: onlyA,
      onlyInB: onlyB,
      idsDiffer: alike.length,
      unreadable: this.#unreadable,
      findings: [...this.#findings.values()].sort((one, other) => other.events - one.events),
    }
  }

  #compare(pair: Pair, known: readonly ColumnName[] = []): void {
    const { ignore } = this.#options
    const [a = [], b = []] = [readLine(pair.a), readLine(pair.b)]
    const differences = lineDifferences(a, b).filter(
      ({ column }) => !ignore.has(column) && !known.includes(column),
    )
    this.#events.both++
    if (differences.length === 0) this.#events.equal++
    const counted = new Set<string>()
    for (const difference of differences) {
      const { column, path, cause } = difference
      const key = [column, path, cause].join('\t')
      if (!counted.has(key)) this.#count(key, difference, a[eventId] ?? '')
      counted.add(key)
    }
  }

  #count(key: string, { column, path, cause, a, b }: ColumnDifference, id: string): void {
    const finding = this.#findings.get(key)
    if (finding !== undefined) finding.events++
    else if (this.#findings.size < maxFindings)
      this.#findings.set(key, { column, path, cause, events: 1, example: { eventId: id, a, b } })
  }
}

/** Hostile JSON has as many paths as it likes. */
const maxFindings = 1000
const eventId = columnIndex.event_id
