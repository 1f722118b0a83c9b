import type { Modifications } from './enrich/pii/modifications.ts'
import { columns, type Columns } from './columns.ts'

/** A name with its value; the value is null where there was no `=`. */
export type Parameter = readonly [name: string, value: string | null]

/** One HTTP request as the collector wrote it down, decoded. Source: CollectorPayload/thrift/1-0-0. */
export interface CollectorPayload {
  readonly vendor: string
  readonly version: string
  readonly querystring: readonly Parameter[]
  readonly contentType: string | null
  readonly body: string | null
  readonly collector: string
  readonly encoding: string
  readonly hostname: string | null
  /** Milliseconds since the epoch; null when the collector did not say. */
  readonly timestamp: number | null
  readonly ipAddress: string | null
  readonly useragent: string | null
  readonly refererUri: string | null
  /** `Name: value` lines. */
  readonly headers: readonly string[]
  readonly networkUserId: string | null
}

/** What a tracker says of an event: names in their order, each once, with its value. A Map is one. */
export interface Parameters {
  get(name: string): string | null | undefined
  forEach(visit: (value: string | null, name: string) => void): void
  [Symbol.iterator](): Iterator<readonly [name: string, value: string | null]>
}

/** One event of a payload, still in the words of the tracker protocol. */
export interface RawEvent {
  /** The payload it came in; adapters may replace it (a log line carries its own time and address). */
  readonly payload: CollectorPayload
  readonly parameters: Parameters
}

/** Which record of the input this is. Everything the pipeline generates is a function of it, so a replay is identical. */
export interface RecordOrigin {
  readonly stream: string
  readonly shardId: string
  readonly sequence: string
  readonly subSequence: number
}

/** One record of the raw stream, with what the pipeline may derive generated values from. */
export interface RawRecord {
  readonly data: Uint8Array
  readonly origin: RecordOrigin
  /** What `etl_tstamp` and the bad rows' timestamps say, ms since the epoch. A replay hands in the same value. */
  readonly processedAt: number
}

/** An event on its way through the enrichments: the columns of the atomic event, all null at first. */
// The columns are declared by the interface below and defined on the prototype, so that a row is one array:
// writing TSV walks 131 slots instead of looking up 131 names (bench/core.ts).
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging
export class EnrichedEvent {
  /**
   * The values in the order of `columns`. Whoever writes here writes no tab and no line break, and no float: what the
   * conversions gave, and what cannot have one. Everybody else sets values by name.
   */
  readonly row: (string | number | null)[] = blank.slice()
  /** Slots whose values may not stand in a line as they are; asking all of them takes several µs (bench/enrichments.ts). */
  doubtful: number[] = []
  /** What pseudonyms have replaced, if it is to be told; null when there is nothing. */
  modifications: Modifications | null = null

  /** The same columns in another event. */
  copy(): EnrichedEvent {
    const copy = new EnrichedEvent()
    for (const [slot, value] of this.row.entries()) copy.row[slot] = value
    copy.doubtful = [...this.doubtful]
    return copy
  }
}

const blank: readonly (string | number | null)[] = columns.map(() => null)

// oxlint-disable-next-line typescript/no-unsafe-declaration-merging
export interface EnrichedEvent extends Columns {}

for (const [index, [name]] of columns.entries()) {
  Object.defineProperty(EnrichedEvent.prototype, name, {
    get(this: EnrichedEvent) {
      return this.row[index] ?? null
    },
    set(this: EnrichedEvent, value: string | number | null) {
      this.row[index] = value
      this.doubtful.push(index)
    },
  })
}

/** A self-describing JSON that an enrichment made, to be attached to the event as a derived context. */
export interface DerivedContext {
  /** `iglu:vendor/name/format/version` */
  readonly schema: string
  readonly data: unknown
}
