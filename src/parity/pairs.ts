import { columnIndex, type ColumnName } from '../core/index.ts'
import type { Line } from './columns.ts'

export type Side = 'a' | 'b'
export interface Pair {
  readonly a: Line
  readonly b: Line
}

/** Without an `event_id` from the tracker each enricher makes its own: such events are known by these. */
const likeness: readonly ColumnName[] = [
  'collector_tstamp',
  'dvce_created_tstamp',
  'event',
  'platform',
  'network_userid',
  'domain_userid',
  'user_ipaddress',
  'page_url',
]

/**
 * Finds for each line its counterpart of the other side, whatever the order: by `event_id`, lines with the same one in
 * their order. What is read of both at one pace is not kept for long.
 */
export class Pairing {
  readonly #waiting: Readonly<Record<Side, Map<string, Line[]>>> = { a: new Map(), b: new Map() }
  #size = 0

  /** Lines that wait for their counterpart. */
  get size(): number {
    return this.#size
  }

  /** The pair that this line completes. */
  add(side: Side, line: Line): Pair | undefined {
    const id = line[columnIndex.event_id] ?? ''
    const other = takeFrom(this.#waiting[side === 'a' ? 'b' : 'a'], id)
    if (other === undefined) {
      addTo(this.#waiting[side], id, line)
      this.#size++
      return undefined
    }
    this.#size--
    return side === 'a' ? { a: line, b: other } : { a: other, b: line }
  }

  /** When both have ended: pairs that are alike but for their id, and what has no counterpart. */
  finish(): {
    readonly alike: readonly Pair[]
    readonly onlyA: readonly Line[]
    readonly onlyB: readonly Line[]
  } {
    const byLikeness = new Map<string, Line[]>()
    for (const line of [...this.#waiting.b.values()].flat()) addTo(byLikeness, likenessOf(line), line)
    const alike: Pair[] = []
    const onlyA: Line[] = []
    for (const a of [...this.#waiting.a.values()].flat()) {
      const b = takeFrom(byLikeness, likenessOf(a))
      if (b === undefined) onlyA.push(a)
      else alike.push({ a, b })
    }
    return { alike, onlyA, onlyB: [...byLikeness.values()].flat() }
  }
}

function likenessOf(line: Line): string {
  return likeness.map(column => line[columnIndex[column]] ?? '').join('\t')
}

function addTo(map: Map<string, Line[]>, key: string, line: Line): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [line])
  else list.push(line)
}

function takeFrom(map: Map<string, Line[]>, key: string): Line | undefined {
  const list = map.get(key)
  const line = list?.shift()
  if (list?.length === 0) map.delete(key)
  return line
}
