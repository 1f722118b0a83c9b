import { numberPlaceholders, type SqlRows, type SqlType } from '../core/index.ts'
import { membersOf, messageOf } from '../lib/index.ts'
import { sturdyClient } from './postgres-client.ts'
import {
  AnswerMeter,
  databaseFailure,
  idleMs,
  maxRows,
  serverLimitMs,
  socketOf,
  tooLarge,
  tooManyRows,
  type SqlPool,
  type SqlPoolOptions,
} from './sql.ts'

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
export async function openPostgres({
  database,
  sql,
  connections,
  timeoutMs,
}: SqlPoolOptions): Promise<SqlPool> {
  const { default: pg } = await import('pg')
  const { host, port, username, password } = database
  const newPool = (limits: { readonly statement_timeout?: number }) => {
    const made = new pg.Pool({
      Client: sturdyClient(pg),
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
    made.on('error', () => {})
    // One that breaks under a question fails that question, and says so once more as an event.
    made.on('connect', client => client.on('error', () => {}))
    return made
  }
  let pool = newPool({ statement_timeout: serverLimitMs(timeoutMs) })

  /** A pooler between may not take the limit: then the database's own holds. */
  const connect = async () => {
    const asked = pool
    try {
      return await asked.connect()
    } catch (error) {
      if (!refusesParameter(error)) throw error
      // Of those that connect at once, the first has changed it for all.
      if (asked === pool) {
        pool = newPool({})
        void asked.end()
      }
      return await pool.connect()
    }
  }
  const statement = {
    text: numberPlaceholders(sql),
    rowMode: 'array' as const,
    types: { getTypeParser: () => asText },
  }

  return {
    async query(values, signal) {
      const client = await connect().catch((error: unknown) => {
        throw databaseFailure(error)
      })
      let released = false
      const release = (broken?: Error) => {
        if (!released) client.release(broken)
        released = true
      }
      // The pool destroys a connection that is given back with an error, whatever it is doing.
      const end = () => release(new Error('ended'))
      if (signal.aborted) {
        end()
        return { error: 'aborted' }
      }
      signal.addEventListener('abort', end, { once: true })
      const meter = new AnswerMeter(socketOf(client), end)
      try {
        const result = await client.query<(string | null)[]>({
          ...statement,
          // As texts, whose types the database infers from the statement.
          values: values.map(String),
        })
        return rowsOf(result)
      } catch (error) {
        if (meter.exceeded) return tooLarge
        if (!isOutside(error)) return { error: messageOf(error) }
        end()
        throw databaseFailure(error)
      } finally {
        meter.stop()
        signal.removeEventListener('abort', end)
        release()
      }
    },
    close: () => pool.end(),
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
function isOutside(error: unknown): boolean {
  const { code } = membersOf(error)
  return typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code) || /^(08|53|57|58)/.test(code)
}
