import { errorOf, SeenDates, type Finding } from '../../lib/index.ts'
import type { CheckupOptions } from './checkup.ts'
import { Connection } from './connection.ts'
import { DynamoClient } from './dynamo-client.ts'
import { checkStream } from './stream-checkup.ts'
import { tryLeaseCalls } from './table-checkup.ts'

/**
 * What must be there before a process works: its streams, and every permission that can be tried without a trace.
 * Throws a MillraceError that names all that is missing at once, in the words of `checkAws`.
 */
export async function requireAws(options: CheckupOptions): Promise<void> {
  const { region, endpoint, dynamodbEndpoint, streams, table, clock } = options
  const connection = new Connection({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    clock,
    serverDate: new SeenDates(),
  })
  const dynamo = new DynamoClient({
    ...(region !== undefined && { region }),
    ...(dynamodbEndpoint !== undefined && { endpoint: dynamodbEndpoint }),
    timeoutMs: 5000,
  })
  try {
    const checks = await Promise.all(streams.map(use => checkStream(connection.client, use)))
    const findings: Finding[] = checks.flatMap(check => check.findings)
    if (table !== undefined) findings.push(...(await tryLeaseCalls(dynamo, table.table)))
    const error = errorOf(findings, 'source')
    if (error !== undefined) throw error
  } finally {
    dynamo.close()
    await connection.close()
  }
}
