import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { chownSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SqlDatabase } from '../core/index.ts'

/*
 * Databases for tests: PostgreSQL (Debian package `postgresql`) and MariaDB (`mariadb-server`), started from their
 * programs in a directory of their own, on a free port of loopback. No service of the system is touched. Both refuse
 * to run as root, so that a test that is root runs them as nobody.
 */

export interface TestDatabase {
  readonly connection: SqlDatabase
  readonly pid: number
  stop(): Promise<void>
}

/** Its program, or undefined where its package is not installed. */
export const postgresPrograms = newest('/usr/lib/postgresql/*/bin')
export const mariadbProgram = ['/usr/sbin/mariadbd', '/usr/libexec/mariadbd'].find(path => existsSync(path))

function newest(pattern: string): string | undefined {
  return globSync(pattern)
    .filter(folder => existsSync(join(folder, 'initdb')))
    .sort((a, b) => versionOf(a) - versionOf(b))
    .at(-1)
}

function versionOf(folder: string): number {
  return Number(/\d+/.exec(folder)?.[0] ?? 0)
}

const nobody = 65_534
const isRoot = process.getuid?.() === 0
const as = isRoot ? { uid: nobody, gid: nobody } : {}

function newDirectory(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `millrace-${name}-`))
  if (isRoot) chownSync(directory, nobody, nobody)
  return directory
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

export async function startPostgres(programs: string, statements: string): Promise<TestDatabase> {
  const directory = newDirectory('postgres')
  const data = join(directory, 'data')
  const port = await freePort()
  const password = join(directory, 'password')
  writeFileSync(password, 'secret\n', { mode: 0o644 })
  const options = { ...as, cwd: directory, stdio: 'ignore' as const }
  const initdb = ['-D', data, '-U', 'millrace', '--auth=scram-sha-256', `--pwfile=${password}`, '-N']
  execFileSync(join(programs, 'initdb'), [...initdb, '-E', 'UTF8', '--no-locale'], options)
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', directory, '-c', 'fsync=off'],
    options,
  )
  const connection = { ...place(port), kind: 'postgresql' as const, database: 'postgres' }
  const setUp = async () => {
    const { default: pg } = await import('pg')
    const client = new pg.Client({ ...connection, user: 'millrace', ssl: false })
    client.on('error', () => {})
    await client.connect()
    await client.query(statements)
    await client.end()
  }
  return await started(server, directory, connection, setUp)
}

export async function startMariadb(program: string, statements: string): Promise<TestDatabase> {
  const directory = newDirectory('mariadb')
  const data = join(directory, 'data')
  const port = await freePort()
  const init = join(directory, 'init.sql')
  writeFileSync(
    init,
    `CREATE DATABASE IF NOT EXISTS millrace;
CREATE USER IF NOT EXISTS 'millrace'@'127.0.0.1' IDENTIFIED BY 'secret';
GRANT ALL ON millrace.* TO 'millrace'@'127.0.0.1';
`,
    { mode: 0o644 },
  )
  const options = { ...as, cwd: directory, stdio: 'ignore' as const }
  const common = ['--no-defaults', `--datadir=${data}`]
  execFileSync('mariadb-install-db', [...common, '--auth-root-authentication-method=normal'], options)
  const server = spawn(
    program,
    [
      ...common,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(directory, 'socket')}`,
      `--init-file=${init}`,
      '--skip-name-resolve',
      '--innodb-flush-log-at-trx-commit=0',
    ],
    options,
  )
  const connection = { ...place(port), kind: 'mysql' as const, database: 'millrace' }
  const setUp = async () => {
    const { createConnection } = await import('mysql2/promise')
    const { host, username: user, password, database } = connection
    const client = await createConnection({
      host,
      port,
      user,
      password,
      database,
      multipleStatements: true,
    })
    await client.query(statements)
    await client.end()
  }
  return await started(server, directory, connection, setUp)
}

/** How many statements like these the server works on. */
export async function statementsOf(database: SqlDatabase, patterns: readonly string[]): Promise<number> {
  const { kind, host, port, username: user, password } = database
  const place = { host, port, user, password, database: database.database }
  const like = (column: string) => patterns.map(pattern => `${column} LIKE '${pattern}'`).join(' OR ')
  if (kind === 'postgresql') {
    const { default: pg } = await import('pg')
    const client = new pg.Client({ ...place, ssl: false })
    await client.connect()
    const { rowCount } = await client.query(
      `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND (${like('query')})`,
    )
    await client.end()
    return rowCount ?? 0
  }
  const { createConnection } = await import('mysql2/promise')
  const client = await createConnection(place)
  const [rows] = await client.query(`SELECT 1 FROM information_schema.processlist WHERE ${like('info')}`)
  await client.end()
  return Array.isArray(rows) ? rows.length : 0
}

function place(port: number) {
  return { host: '127.0.0.1', port, ssl: false, username: 'millrace', password: 'secret' }
}

const patienceMs = 60_000

/** Resolves when the database has taken its first statements. */
async function started(
  server: ChildProcess,
  directory: string,
  connection: SqlDatabase,
  setUp: () => Promise<void>,
): Promise<TestDatabase> {
  const ended = new Promise<void>(resolve => server.once('exit', () => resolve()))
  const stop = async () => {
    // PostgreSQL waits for its own processes then; MariaDB is one.
    server.kill(connection.kind === 'postgresql' ? 'SIGQUIT' : 'SIGKILL')
    await ended
    rmSync(directory, { recursive: true, force: true })
  }
  const end = Date.now() + patienceMs
  for (;;) {
    try {
      await setUp()
      return { connection, pid: server.pid ?? 0, stop }
    } catch (error) {
      if (Date.now() > end || server.exitCode !== null) {
        await stop()
        throw error
      }
      await sleep(100)
    }
  }
}
