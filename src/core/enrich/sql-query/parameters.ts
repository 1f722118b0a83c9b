import { membersOf, type Members } from '../../../lib/index.ts'
import { parseInputSource } from '../inputs/index.ts'
import type { SqlDatabase } from '../services.ts'
import type { SqlInput } from './inputs.ts'
import { describes, expectedRows, propertyNames, type SqlOutput } from './output.ts'

export interface SqlParameters {
  readonly inputs: readonly SqlInput[]
  readonly database: SqlDatabase
  readonly sql: string
  readonly output: SqlOutput
  readonly cache: { readonly size: number; readonly ttlSeconds: number }
  readonly ignoreOnError: boolean
}

/** Parameters that have passed their schema; everything that is wrong with them nevertheless. */
export function parseSqlParameters(
  parameters: Members,
): SqlParameters | { readonly errors: readonly string[] } {
  const errors: string[] = []
  const inputs = parseInputs(parameters['inputs'], errors)
  const output = parseOutput(parameters['output'], errors)
  const database = parseDatabase(parameters['database'])
  if (database === undefined) errors.push('database must be postgresql or mysql')
  if (output === undefined || database === undefined || errors.length > 0) return { errors }
  const cache = membersOf(parameters['cache'])
  return {
    inputs,
    database,
    sql: String(membersOf(parameters['query'])['sql']),
    output,
    cache: { size: Number(cache['size']), ttlSeconds: Number(cache['ttl']) },
    ignoreOnError: parameters['ignoreOnError'] === true,
  }
}

function parseInputs(list: unknown, errors: string[]): SqlInput[] {
  const inputs: SqlInput[] = []
  for (const input of Array.isArray(list) ? list : []) {
    const placeholder = Number(membersOf(input)['placeholder'])
    const source = parseInputSource(input)
    if (!(placeholder >= 1)) errors.push('inputs: Placeholder must be greater than 1')
    if ('error' in source) errors.push(`inputs: ${source.error}`)
    else inputs.push({ placeholder, source })
  }
  return inputs
}

function parseOutput(value: unknown, errors: string[]): SqlOutput | undefined {
  const output = membersOf(value)
  const json = membersOf(output['json'])
  const rows = expectedRows.find(known => known === output['expectedRows'])
  const described = describes.find(known => known === json['describes'])
  const names = propertyNames.find(known => known === json['propertyNames'])
  if (rows === undefined) errors.push(`output.expectedRows must be one of ${expectedRows.join(', ')}`)
  if (described === undefined) errors.push(`output.json.describes must be one of ${describes.join(', ')}`)
  if (names === undefined) errors.push(`output.json.propertyNames must be one of ${propertyNames.join(', ')}`)
  if (rows === undefined || described === undefined || names === undefined) return undefined
  return { expectedRows: rows, schema: String(json['schema']), describes: described, propertyNames: names }
}

function parseDatabase(value: unknown): SqlDatabase | undefined {
  const { postgresql, mysql } = membersOf(value)
  const { host, port, sslMode, username, password, database } = membersOf(postgresql ?? mysql)
  if (typeof host !== 'string') return undefined
  return {
    kind: postgresql === undefined ? 'mysql' : 'postgresql',
    host,
    port: Number(port),
    ssl: sslMode === true,
    username: String(username),
    password: String(password),
    database: String(database),
  }
}
