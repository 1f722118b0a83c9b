import type { RecordFate } from '../../delivery/index.ts'

/** What became of one record of a PutRecords request. */
export interface PutResult {
  readonly fate: RecordFate
  /** Which shard stored it. */
  readonly shardId?: string
}

/** One result for each record of the request, in its order. What the answer does not say is unknown. */
export function putResults(body: Buffer, count: number): PutResult[] {
  const entries = entriesOf(body)
  if (entries?.length !== count) return Array.from({ length: count }, () => ({ fate: 'unknown' }))
  return entries.map(resultOf)
}

function entriesOf(body: Buffer): readonly unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'))
    if (typeof parsed !== 'object' || parsed === null || !('Records' in parsed)) return undefined
    return Array.isArray(parsed.Records) ? parsed.Records : undefined
  } catch {
    return undefined
  }
}

// Source: Kinesis API, PutRecordsResultEntry: an error code is one of these two, or there is a sequence number.
const refused = 'ProvisionedThroughputExceededException'

function resultOf(entry: unknown): PutResult {
  if (typeof entry !== 'object' || entry === null) return { fate: 'unknown' }
  const code = 'ErrorCode' in entry ? entry.ErrorCode : undefined
  if (code === refused) return { fate: 'refused' }
  const stored = 'SequenceNumber' in entry && typeof entry.SequenceNumber === 'string'
  if ((code !== undefined && code !== null) || !stored) return { fate: 'unknown' }
  const shardId = 'ShardId' in entry && typeof entry.ShardId === 'string' ? entry.ShardId : undefined
  return shardId === undefined ? { fate: 'stored' } : { fate: 'stored', shardId }
}
