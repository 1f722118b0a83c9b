import type pg from 'pg'
import { numberPlaceholders, type SqlRows, type SqlType } from '../core/index.ts'
import { membersOf } from '../lib/index.ts'
import { sturdyClient } from './postgres-client.ts'
import { ask, socketOf, type Blame, type SqlConnection } from './sql-connection.ts'
import { idleMs, maxRows, serverLimitMs, tooManyRows, type SqlPool, type SqlPoolOptions } from './sql.ts'

/** Type numbers of PostgreSQL's catalogue, pg_type. */
const types: Readonly<Record<number, SqlType>> = {
  16: 'boolean',
  20: 'integer',
  21: 'integer',
  23: 'integer',
  700: 'number',
  701: 'number',
  25: 'text',
  1042: 'text',
  1043: 'text',
  19: 'text',
  1082: 'date',
}

/** PostgreSQL and what speaks like it. The driver is loaded when somebody asks. */
export async function openPostgres(options: SqlPoolOptions): Promise<SqlPool> {
  const { default: driver } = await import('pg')
  let pool = newPool(driver, options, { statement_timeout: serverLimitMs(options.timeoutMs) })

  /** A pooler between may not take the limit: then the database's own holds. */
  const connect = async () => {
    const asked = pool
    try {
      return await asked.connect()
    } catch (error) {
      if (!refusesParameter(error)) throw error
      // Of those that connect at once, the first has changed it for all.
      if (asked === pool) {
        pool = newPool(driver, options)
        void asked.end()
      }
      return await pool.connect()
    }
  }
  const text = numberPlaceholders(options.sql)
  return {
    query: (values, signal) => ask(async () => connectionOf(await connect(), text), values, signal),
    close: () => pool.end(),
  }
}

interface ServerLimits {
  readonly statement_timeout?: number
}

function newPool(
  driver: typeof pg,
  { database, connections, timeoutMs }: SqlPoolOptions,
  limits: ServerLimits = {},
): pg.Pool {
  const { host, port, username, password } = database
  const pool = new driver.Pool({
    Client: sturdyClient(driver),
    ...limits,
    host,
    port,
    user: username,
    password,
    database: database.database,
    // As Snowplow's driver is told to do: encrypted, whoever answers.
    ssl: database.ssl ? { rejectUnauthorized: false } : false,
    max: connections,
    connectionTimeoutMillis: timeoutMs,
    idleTimeoutMillis: idleMs,
    allowExitOnIdle: true,
  })
  // An idle connection that breaks is replaced by the next question.
  pool.on('error', () => {})
  // One that breaks under a question fails that question, and says so once more as an event.
  pool.on('connect', client => client.on('error', () => {}))
  return pool
}

function connectionOf(client: pg.PoolClient, text: string): SqlConnection {
  const statement = { text, rowMode: 'array' as const, types: { getTypeParser: () => asText } }
  return {
    socket: socketOf(client),
    async execute(values) {
      // As texts, whose types the database infers from the statement.
      return rowsOf(await client.query<(string | null)[]>({ ...statement, values: values.map(String) }))
    },
    blame,
    release: () => client.release(),
    // The pool destroys a connection that is given back with an error.
    destroy: () => client.release(new Error('ended')),
  }
}

/** As PgBouncer says it: `unsupported startup parameter: statement_timeout`. */
function refusesParameter(error: unknown): boolean {
  return error instanceof Error && /startup parameter.*statement_timeout/.test(error.message)
}

function asText(text: string): string {
  return text
}

interface Result {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[]
  readonly rows: readonly (readonly (string | null)[])[]
}

function rowsOf({ fields, rows }: Result): SqlRows | { readonly error: string } {
  if (rows.length > maxRows) return tooManyRows
  const columns = fields.map(({ name, dataTypeID }) => ({ name, type: types[dataTypeID] ?? 'other' }))
  return { columns, rows: rows.map(row => row.map((value, i) => plain(value, columns[i]?.type))) }
}

function plain(value: string | null, type: SqlType | undefined): string | null {
  if (type !== 'boolean' || value === null) return value
  return value === 't' ? 'true' : 'false'
}

/** Classes of SQLSTATE: connection, resources, operator, system; without one it is the connection itself. */
function blame(error: unknown): Blame {
  const { code } = membersOf(error)
  const ofQuestion = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !/^(08|53|57|58)/.test(code)
  return ofQuestion ? 'question' : 'connection'
}
