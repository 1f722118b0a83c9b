import type { FailureDetail, Json } from '../bad-row.ts'
import type { CollectorPayload, RawEvent } from '../event.ts'
import type { Lookup } from '../validate/at-hand.ts'
import type { AdaptersSchemas } from './adapter-schemas.ts'

/** What became of a payload: its events, or everything that is wrong with it. Never a part of the events. */
export type Adapted =
  { readonly events: readonly RawEvent[] } | { readonly failures: readonly FailureDetail[] }

export interface AdapterTools {
  /** Says whether a schema is known. While one is being fetched the adapter's answer is thrown away and asked again. */
  readonly lookup: Lookup
  /** Deeper JSON is refused. */
  readonly maxJsonDepth: number
  /** Which schemas the vendors' events get. */
  readonly adaptersSchemas: AdaptersSchemas
}

/** Reads the events out of one vendor's payloads. Pure, and never throws, whatever the payload holds. */
export type Adapter = (payload: CollectorPayload, tools: AdapterTools) => Adapted

/**
 * A payload for each of several events in it, each as its sender would have sent it alone; or fewer than two where
 * there is nothing to take apart.
 */
export type Splitter = (payload: CollectorPayload, maxJsonDepth: number) => readonly CollectorPayload[]

export function failed(...failures: readonly FailureDetail[]): Adapted {
  return { failures }
}

export function inputData(field: string, value: string | null, expectation: string): FailureDetail {
  return { type: 'InputData', field, value, expectation }
}

/** For values that came from JSON.parse or are plain data by their type. */
export function asJson(value: unknown): Json {
  return value as Json
}
