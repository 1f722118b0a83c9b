import type { CollectorPayload, RawEvent, RawRecord } from '../event.ts'

/** A request as the tests of this folder need it. */
function testPayload(changes: Partial<CollectorPayload> = {}): CollectorPayload {
  return {
    vendor: 'com.snowplowanalytics.snowplow',
    version: 'tp2',
    querystring: [],
    contentType: null,
    body: null,
    collector: 'ssc-2.9.0-kinesis',
    encoding: 'UTF-8',
    hostname: null,
    timestamp: Date.UTC(2023, 10, 14, 22, 13, 20, 123),
    ipAddress: '1.2.3.4',
    useragent: null,
    refererUri: null,
    headers: [],
    networkUserId: null,
    ...changes,
  }
}

export function testEvent(
  parameters: Readonly<Record<string, string | null>>,
  changes: Partial<CollectorPayload> = {},
): RawEvent {
  return { payload: testPayload(changes), parameters: new Map(Object.entries(parameters)) }
}

export const testRecord: RawRecord = {
  data: new Uint8Array(),
  origin: { stream: 'raw', shardId: 'shardId-000000000000', sequence: '4961', subSequence: 0 },
  processedAt: Date.UTC(2024, 0, 1),
}
