import { DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis'
import type { Connection } from './connection.ts'
import { sdkFailure } from './shards.ts'

const hourMs = 60 * 60 * 1000
// No stream keeps records for less.
const leastHours = 24

/**
 * Whether retention may have taken records that arrived at `ms` or later, by the stream's own settings. A stream that is
 * younger than its retention has lost nothing. Also when nobody may look: then nobody knows better. Rejects with a
 * retryable MillraceError when it could not be asked this time: throttling is no answer.
 */
export async function mayHaveExpired(connection: Connection, stream: string, ms: number): Promise<boolean> {
  const now = connection.serverNow()
  if (ms > now - leastHours * hourMs) return false
  try {
    const command = new DescribeStreamSummaryCommand({ StreamName: stream })
    const { StreamDescriptionSummary: summary } = await connection.client.send(command)
    const horizon = now - (summary?.RetentionPeriodHours ?? leastHours) * hourMs
    return ms < horizon && (summary?.StreamCreationTimestamp?.getTime() ?? 0) < horizon
  } catch (error) {
    const failure = sdkFailure('source', `ask how long ${stream} keeps records`, error)
    if (failure.retryable) throw failure
    return true
  }
}
