import { encodeCollectorPayload, type ThriftPayload } from '../core/index.ts'

/** What fits in no record. */
export interface TooLarge {
  readonly text: string
  readonly bytes: number
  readonly expectation: string
}

export interface Fitted {
  readonly records: readonly Uint8Array[]
  readonly tooLarge: readonly TooLarge[]
}

/** The payload as one record or, when it is too large for that, as several with some of its events each. */
export function fitPayload(payload: ThriftPayload, maxBytes: number): Fitted {
  const whole = encodeCollectorPayload(payload)
  if (whole.length <= maxBytes) return { records: [whole], tooLarge: [] }
  const batch = payload.path === tp2Path ? parseBatch(payload.body ?? '') : null
  if (batch === null) return { records: [], tooLarge: [unsplittable(payload, whole.length)] }
  return splitBatch(payload, batch, maxBytes)
}

const tp2Path = '/com.snowplowanalytics.snowplow/tp2'

function unsplittable(payload: ThriftPayload, bytes: number): TooLarge {
  return {
    text: payload.body ?? payload.querystring ?? '',
    bytes,
    expectation:
      payload.body === undefined
        ? 'oversized collector payload: a GET request cannot be split'
        : 'oversized collector payload: only a self-describing JSON with an array of events can be split',
  }
}

/** A tp2 body, its parts still as text. */
interface Batch {
  readonly schema: string
  readonly events: readonly string[]
}

function parseBatch(body: string): Batch | null {
  try {
    const json: unknown = JSON.parse(body)
    if (typeof json !== 'object' || json === null || !('schema' in json) || !('data' in json)) return null
    if (!Array.isArray(json.data) || json.data.length === 0) return null
    const events: readonly unknown[] = json.data
    return { schema: JSON.stringify(json.schema), events: events.map(event => JSON.stringify(event)) }
  } catch {
    // No JSON, or nested too deeply to be written again.
    return null
  }
}

/** Fills one record after the other, in order. Events that fit in none, even alone, are set aside. */
function splitBatch(payload: ThriftPayload, { schema, events }: Batch, maxBytes: number): Fitted {
  const bodyOf = (group: readonly string[]) => `{"schema":${schema},"data":[${group.join(',')}]}`
  const envelopeBytes = encodeCollectorPayload({ ...payload, body: bodyOf([]) }).length
  const groups: string[][] = []
  const tooLarge: TooLarge[] = []
  let bytes = Infinity
  for (const text of events) {
    const eventBytes = Buffer.byteLength(text)
    if (envelopeBytes + eventBytes > maxBytes) {
      tooLarge.push({
        text,
        bytes: envelopeBytes + eventBytes,
        expectation: 'oversized collector payload: a single event does not fit in a record',
      })
    } else if (bytes + eventBytes + 1 > maxBytes) {
      groups.push([text])
      bytes = envelopeBytes + eventBytes
    } else {
      groups.at(-1)?.push(text)
      bytes += eventBytes + 1
    }
  }
  const records = groups.map(group => encodeCollectorPayload({ ...payload, body: bodyOf(group) }))
  return { records, tooLarge }
}
