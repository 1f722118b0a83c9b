import { columnIndex, type ColumnName } from '../core/index.ts'
import { readLine } from './columns.ts'

export type Side = 'a' | 'b'
/** Two lines for one event. */
export interface Pair {
  readonly a: string
  readonly b: string
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
 * their order. What is read of both at one pace is not kept for long. Lines wait as they are: in columns they would take
 * several times as much memory.
 */
export class Pairing {
  readonly #waiting: Readonly<Record<Side, Map<string, string[]>>> = { a: new Map(), b: new Map() }
  #size = 0
  #characters = 0

  /** Lines that wait for their counterpart. */
  get size(): number {
    return this.#size
  }

  /** Of all lines that wait. */
  get characters(): number {
    return this.#characters
  }

  /** The pair that this line completes. */
  add(side: Side, id: string, line: string): Pair | undefined {
    const other = takeFrom(this.#waiting[side === 'a' ? 'b' : 'a'], id)
    if (other === undefined) {
      addTo(this.#waiting[side], id, line)
      this.#size++
      this.#characters += line.length
      return undefined
    }
    this.#size--
    this.#characters -= other.length
    return side === 'a' ? { a: line, b: other } : { a: other, b: line }
  }

  /** When both have ended: pairs that are alike but for their id, and how many have no counterpart. */
  finish(): { readonly alike: readonly Pair[]; readonly onlyA: number; readonly onlyB: number } {
    const byLikeness = new Map<string, string[]>()
    for (const lines of this.#waiting.b.values())
      for (const line of lines) addTo(byLikeness, likenessOf(line), line)
    const alike: Pair[] = []
    let onlyA = 0
    for (const lines of this.#waiting.a.values()) {
      for (const a of lines) {
        const b = takeFrom(byLikeness, likenessOf(a))
        if (b === undefined) onlyA++
        else alike.push({ a, b })
      }
    }
    const onlyB = Array.from(byLikeness.values(), lines => lines.length).reduce((sum, one) => sum + one, 0)
    return { alike, onlyA, onlyB }
  }
}

function likenessOf(text: string): string {
  const line = readLine(text) ?? []
  // As JSON it is a text of its own: one that is joined would hold on to the whole line.
  return JSON.stringify(likeness.map(column => line[columnIndex[column]] ?? ''))
}

function addTo(map: Map<string, string[]>, key: string, line: string): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [line])
  else list.push(line)
}

function takeFrom(map: Map<string, string[]>, key: string): string | undefined {
  const list = map.get(key)
  const line = list?.shift()
  if (list?.length === 0) map.delete(key)
  return line
}
