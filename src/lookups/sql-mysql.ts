import type { PoolConnection } from 'mysql2/promise'
import type { SqlRows, SqlType } from '../core/index.ts'
import { membersOf } from '../lib/index.ts'
import { ask, socketOf, type Blame, type SqlConnection } from './sql-connection.ts'
import { idleMs, maxRows, serverLimitMs, tooManyRows, type SqlPool, type SqlPoolOptions } from './sql.ts'

/** Type numbers of MySQL's protocol. */
const types: Readonly<Record<number, SqlType>> = {
  1: 'integer',
  2: 'integer',
  3: 'integer',
  8: 'integer',
  9: 'integer',
  13: 'integer',
  4: 'number',
  5: 'number',
  10: 'date',
  252: 'text',
  253: 'text',
  254: 'text',
}

/** MySQL and MariaDB. The driver is loaded when somebody asks. */
export async function openMysql({ database, sql, connections, timeoutMs }: SqlPoolOptions): Promise<SqlPool> {
  const { createPool } = await import('mysql2/promise')
  const { host, port, username, password } = database
  const pool = createPool({
    host,
    port,
    user: username,
    password,
    database: database.database,
    // As Snowplow's driver is told to do: encrypted, whoever answers.
    ...(database.ssl && { ssl: { rejectUnauthorized: false } }),
    connectionLimit: connections,
    connectTimeout: timeoutMs,
    idleTimeout: idleMs,
    rowsAsArray: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    jsonStrings: true,
  })

  /** Connections that have been told. */
  const limited = new WeakSet<object>()
  const limit = async (connection: PoolConnection) => {
    if (limited.has(connection.connection)) return
    limited.add(connection.connection)
    // A proxy that does not take it leaves the limit of the database's own.
    await connection.query(limitOf(timeoutMs)).catch(() => {})
  }

  const connect = async (): Promise<SqlConnection> => {
    const connection = await pool.getConnection()
    const socket = socketOf(connection)
    return {
      socket,
      async execute(values) {
        await limit(connection)
        const [rows, fields] = await connection.execute({ sql, rowsAsArray: true }, [...values])
        return rowsOf(rows, fields)
      },
      blame,
      release: () => connection.release(),
      destroy() {
        // The driver would only say goodbye, and read on until the other side hears it.
        socket?.destroy(new Error('ended'))
        connection.destroy()
      },
    }
  }
  return { query: (values, signal) => ask(connect, values, signal), close: () => pool.end() }
}

/** MySQL limits only statements that read, MariaDB any. Each takes the other's words for a comment. */
function limitOf(timeoutMs: number): string {
  const ms = serverLimitMs(timeoutMs)
  const mysql = `/*!50708 , SESSION max_execution_time = ${ms} */`
  const mariadb = `/*M!100101 , SESSION max_statement_time = ${ms / 1000} */`
  return `SET @millrace_limited = 1 ${mysql} ${mariadb}`
}

interface Field {
  readonly name: string
  readonly columnType?: number | undefined
  readonly columnLength?: number | undefined
}

function rowsOf(rows: unknown, fields: readonly Field[]): SqlRows | { readonly error: string } {
  if (!Array.isArray(rows)) return { columns: [], rows: [] }
  if (rows.length > maxRows) return tooManyRows
  const columns = fields.map(field => ({ name: field.name, type: typeOf(field) }))
  return {
    columns,
    rows: rows.map((row: unknown) =>
      Array.isArray(row) ? row.map((value, i) => plain(value, columns[i]?.type)) : [],
    ),
  }
}

/** A TINYINT(1) is what MySQL has for a boolean. */
function typeOf({ columnType = 0, columnLength }: Field): SqlType {
  if (columnType === 1 && columnLength === 1) return 'boolean'
  return types[columnType] ?? 'other'
}

function plain(value: unknown, type: SqlType | undefined): string | null {
  if (value === null || value === undefined) return null
  if (type === 'boolean') return Number(value) === 0 ? 'false' : 'true'
  if (Buffer.isBuffer(value)) return value.toString('utf8')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** By SQLSTATE: its classes for connection and resources are the outside's; without one it is the connection itself. */
function blame(error: unknown): Blame {
  const { fatal, errno, sqlState } = membersOf(error)
  if (fatal === true) return 'connection'
  // MySQL's own time-out has no class of its own.
  if (errno === 3024) return 'outside'
  return typeof sqlState !== 'string' || /^(08|53|70)/.test(sqlState) ? 'outside' : 'question'
}
