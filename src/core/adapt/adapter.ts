import type { FailureDetail, Json } from '../bad-row.ts'
import type { CollectorPayload, RawEvent } from '../event.ts'
import type { Lookup } from '../validate/at-hand.ts'

/** What became of a payload: its events, or everything that is wrong with it. Never a part of the events. */
export type Adapted =
  { readonly events: readonly RawEvent[] } | { readonly failures: readonly FailureDetail[] }

export interface AdapterTools {
  /** Says whether a schema is known. While one is being fetched the adapter's answer is thrown away and asked again. */
  readonly lookup: Lookup
  /** Deeper JSON is refused. */
  readonly maxJsonDepth: number
}

/** Reads the events out of one vendor's payloads. Pure, and never throws, whatever the payload holds. */
export type Adapter = (payload: CollectorPayload, tools: AdapterTools) => Adapted

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
