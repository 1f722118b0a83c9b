import { DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis'
import { fine, MillraceError, SeenDates, type Clock, type Finding } from '../../lib/index.ts'
import { Connection } from './connection.ts'
import { DynamoClient } from './dynamo-client.ts'
import { kinesisTrouble, remedyOf, saidBy } from './kinesis-error.ts'
import { describeLeaseTable } from './lease-table.ts'
import { elementOf, QueryClient } from './query-client.ts'
import { checkEncryption, checkStream, type StreamUse } from './stream-checkup.ts'
import { checkTable, type TableUse } from './table-checkup.ts'

export interface CheckupOptions {
  readonly region?: string
  readonly endpoint?: string
  readonly dynamodbEndpoint?: string
  readonly streams: readonly StreamUse[]
  /** Absent: the process takes no leases. */
  readonly table?: TableUse
  readonly clock: Clock
}

/** Nobody waits for a renewal here. */
const timeoutMs = 10_000

/** Everything that can be known about AWS before a process starts, without changing anything. */
export async function* checkAws(options: CheckupOptions): AsyncGenerator<Finding> {
  const { region, endpoint, dynamodbEndpoint, streams, table, clock } = options
  const serverDate = new SeenDates()
  const connection = new Connection({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    clock,
    serverDate,
  })
  const dynamo = new DynamoClient({
    ...(region !== undefined && { region }),
    ...(dynamodbEndpoint !== undefined && { endpoint: dynamodbEndpoint }),
    timeoutMs,
  })
  try {
    const place = await checkRegion(connection)
    yield place
    if (place.level === 'problem') return
    const credentials = await checkCredentials(connection, options)
    yield credentials
    if (credentials.level === 'problem') return
    for (const use of streams) {
      const { findings, summary } = await checkStream(connection.client, use)
      yield* findings
      const encryption = summary && checkEncryption(use, summary)
      if (encryption !== undefined) yield encryption
    }
    if (table !== undefined) yield* await checkTable(dynamo, table, clock)
    yield* checkClock(connection, serverDate)
    const [first] = streams
    if (first !== undefined) yield* await latency('Kinesis', clock, () => ask(connection, first.stream))
    if (table !== undefined)
      yield* await latency('DynamoDB', clock, () => describeLeaseTable(dynamo, table.table))
  } finally {
    dynamo.close()
    await connection.close()
  }
}

async function checkRegion({ client }: Connection): Promise<Finding> {
  try {
    return fine('region', await client.config.region())
  } catch (error) {
    const next = remedyOf(kinesisTrouble(error))
    return { level: 'problem', subject: 'region', found: 'nobody names one', next }
  }
}

async function checkCredentials({ client }: Connection, options: CheckupOptions): Promise<Finding> {
  const subject = 'credentials'
  try {
    const { accessKeyId, expiration } = await client.config.credentials()
    const until = expiration === undefined ? '' : `, until ${expiration.toISOString()}`
    const who = await caller(await client.config.region(), options)
    return fine(subject, `found, ${accessKeyId.slice(0, 4)}…${accessKeyId.slice(-4)}${until}${who}`)
  } catch (error) {
    const next = remedyOf('no-credentials')
    return { level: 'problem', subject, found: `none are found (${saidBy(error)})`, next }
  }
}

/** Anybody may ask who they are. That nobody answers is no problem: a private network may have no way there. */
async function caller(region: string, { endpoint, clock }: CheckupOptions): Promise<string> {
  const own = process.env['AWS_ENDPOINT_URL_STS'] ?? process.env['AWS_ENDPOINT_URL']
  // Another Kinesis than AWS's knows credentials that AWS does not.
  if (endpoint !== undefined && own === undefined) return ''
  const service = { name: 'sts', version: '2011-06-15', region, ...(own !== undefined && { endpoint: own }) }
  const client = new QueryClient(service, { clock, timeoutMs: 3000 })
  try {
    const arn = elementOf(await client.call('GetCallerIdentity'), 'Arn')
    return arn === undefined ? '' : `, ${arn}`
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    return ''
  } finally {
    client.close()
  }
}

// Dates in replies have whole seconds.
const tolerableSkewMs = 5000
// AWS refuses signatures that are five minutes off.
const refusedSkewMs = 5 * 60_000

function* checkClock({ skewMs }: Connection, serverDate: SeenDates): Generator<Finding> {
  const subject = 'clock'
  if (serverDate.newest === undefined) return
  if (Math.abs(skewMs) <= tolerableSkewMs) return yield fine(subject, 'agrees with that of AWS')
  const side = skewMs > 0 ? 'behind' : 'ahead of'
  const found = `this machine is ${Math.round(Math.abs(skewMs) / 1000)} s ${side} AWS`
  const level = Math.abs(skewMs) >= refusedSkewMs ? 'problem' : 'warning'
  yield {
    level,
    subject,
    found,
    next: 'correct it and keep it so with NTP: chrony, or the Amazon Time Sync Service',
  }
}

/** Requests within a region take a few ms. */
const slowMs = 100
const looks = 3

async function latency(service: string, clock: Clock, work: () => Promise<unknown>): Promise<Finding[]> {
  const subject = `latency of ${service}`
  let best = Infinity
  try {
    for (let i = 0; i < looks; i++) {
      const began = clock.monotonic()
      await work()
      best = Math.min(best, clock.monotonic() - began)
    }
  } catch {
    // Told by the checks before.
    return []
  }
  const found = `${best.toFixed(1)} ms, the best of ${looks}`
  if (best < slowMs) return [fine(subject, found)]
  const next = 'run in the region of the streams; look at proxies and endpoints on the way'
  return [{ level: 'warning', subject, found: `${found}: far for the same region`, next }]
}

async function ask({ client }: Connection, stream: string): Promise<void> {
  const options = { abortSignal: AbortSignal.timeout(timeoutMs) }
  await client.send(new DescribeStreamSummaryCommand({ StreamName: stream }), options)
}
