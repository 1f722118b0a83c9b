import { createRequire } from 'node:module'
import { encodeCollectorPayload } from '../../src/core/index.ts'
import { systemClock } from '../../src/lib/index.ts'
import type { NewRecord, Producer } from '../../src/streams/index.ts'

/** Aggregates as AWS's own library makes them. */
interface Aggregator {
  aggregate(
    records: readonly NewRecord[],
    encoded: (record: { data: Buffer }, done: () => void) => void,
    after: () => void,
    failed: (error: Error) => void,
  ): void
}

const aggregator: Aggregator = createRequire(import.meta.url)('aws-kinesis-agg')

const tickMs = 100
/** Each tick puts one aggregate of this many, and the rest plain: checkpoints fall into the middle of aggregates, too. */
const aggregated = 5
const perTick = 9

const prefix = '00000000-0000-4000-8000-'

export function eventIdOf(n: number): string {
  return prefix + n.toString(16).padStart(12, '0')
}

/** Undefined for an event that the traffic did not send. */
export function numberOf(text: string): number | undefined {
  const digits = /00000000-0000-4000-8000-([0-9a-f]{12})/.exec(text)?.[1]
  return digits === undefined ? undefined : Number.parseInt(digits, 16)
}

function payload(n: number): Buffer {
  return Buffer.from(
    encodeCollectorPayload({
      ipAddress: '10.1.2.3',
      timestamp: Date.now(),
      encoding: 'UTF-8',
      collector: 'interop',
      path: '/com.snowplowanalytics.snowplow/tp2',
      contentType: 'application/json',
      body: JSON.stringify({
        schema: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4',
        data: [{ e: 'pv', p: 'web', tv: 'interop', eid: eventIdOf(n), url: `https://example.com/${n}` }],
      }),
    }),
  )
}

/** Puts numbered raw records, some 90 a second, until the signal aborts. Returns how many. */
export async function sendNumbered(producer: Producer, signal: AbortSignal): Promise<number> {
  let n = 0
  while (!signal.aborted) {
    const records: NewRecord[] = []
    for (let i = 0; i < perTick - aggregated; i++) {
      records.push({ partitionKey: `key-${n}`, data: payload(n) })
      n++
    }
    records.push(await aggregateOf(n))
    n += aggregated
    await producer.put(records)
    await systemClock.sleep(tickMs, signal)
  }
  return n
}

/** All under one key: KCL leaves out what does not belong into the shard. */
function aggregateOf(first: number): Promise<NewRecord> {
  const partitionKey = `key-${first}`
  const records = Array.from({ length: aggregated }, (_, i) => ({ partitionKey, data: payload(first + i) }))
  const { promise, resolve, reject } = Promise.withResolvers<NewRecord>()
  const take = ({ data }: { data: Buffer }, done: () => void) => {
    resolve({ partitionKey, data })
    done()
  }
  aggregator.aggregate(records, take, () => {}, reject)
  return promise
}
