import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Answer, Lookup, SqlDatabase, SqlRows, SqlValue } from '../core/index.ts'
import { openLookups, type OpenLookups } from './lookups.ts'
import { startPooler } from './test-pooler.ts'
import {
  mariadbProgram,
  postgresPrograms,
  startMariadb,
  startPostgres,
  statementsOf,
  type TestDatabase,
} from './test-database.ts'

const running: { stop(): Promise<void> }[] = []
const opened: OpenLookups[] = []
after(async () => {
  await Promise.all(opened.map(lookups => lookups.close()))
  await Promise.all(running.map(database => database.stop()))
})

interface Kind {
  readonly name: string
  readonly start: (() => Promise<TestDatabase>) | undefined
  readonly missing: string
  readonly sleep: string
  /** So many times something that takes time. */
  readonly work: string
  /** What only these two statements contain, in the words of LIKE. */
  readonly marks: readonly string[]
}

const postgresTable = `CREATE TABLE users (id int PRIMARY KEY, big bigint, name varchar(40), born date, score double precision,
  member boolean, note text, price numeric(10, 2), extra jsonb);
INSERT INTO users VALUES (1, 9007199254740993, 'Ada', '1815-12-10', 1.5, true, NULL, 12.50, '{"a":[1]}');
INSERT INTO users VALUES (2, 7, 'Bob''; DROP TABLE users; --', NULL, NULL, false, '12', NULL, NULL)`

const mariadbTable = `CREATE TABLE users (id int PRIMARY KEY, big bigint, name varchar(40), born date, score double,
  member tinyint(1), note text, price decimal(10, 2), extra json);
INSERT INTO users VALUES (1, 9007199254740993, 'Ada', '1815-12-10', 1.5, true, NULL, 12.50, '{"a":[1]}');
INSERT INTO users VALUES (2, 7, 'Bob''; DROP TABLE users; --', NULL, NULL, false, '12', NULL, NULL)`

function starter(
  program: string | undefined,
  start: (program: string) => Promise<TestDatabase>,
): Kind['start'] {
  return program === undefined ? undefined : () => start(program)
}

const missingPostgres = 'PostgreSQL is not installed (Debian package postgresql)'
const noPostgres = postgresPrograms === undefined ? missingPostgres : false

const kinds: readonly Kind[] = [
  {
    name: 'PostgreSQL',
    start: starter(postgresPrograms, programs => startPostgres(programs, postgresTable)),
    missing: missingPostgres,
    sleep: 'SELECT pg_sleep(?::double precision)',
    work: 'SELECT count(md5(i::text)) FROM generate_series(1, ?::bigint) i',
    marks: ['SELECT pg_sleep%', 'SELECT count(md5(%'],
  },
  {
    name: 'MariaDB',
    start: starter(mariadbProgram, program => startMariadb(program, mariadbTable)),
    missing: 'MariaDB is not installed (Debian package mariadb-server)',
    sleep: 'SELECT SLEEP(?)',
    work: "SELECT BENCHMARK(?, MD5('x'))",
    marks: ['SELECT SLEEP(%', 'SELECT BENCHMARK(%'],
  },
]

const read = (value: SqlRows) => ({ value })

function lookupOf(
  database: SqlDatabase,
  sql: string,
  { timeoutMs = 20_000, batchMs = Infinity } = {},
): { lookup: Lookup<readonly SqlValue[], SqlRows>; lookups: OpenLookups } {
  const lookups = openLookups({ batchMs })
  opened.push(lookups)
  const cache = { size: 0, ttlMs: 0, errorTtlMs: 0 }
  return { lookups, lookup: lookups.sql({ name: 'sql-query', timeoutMs, database, sql, cache, read }) }
}

function rowsOf(answer: Answer<SqlRows>): SqlRows {
  assert.ok('value' in answer, JSON.stringify(answer))
  return answer.value
}

function errorOf(answer: Answer<unknown>): string {
  assert.ok('error' in answer, JSON.stringify(answer))
  return answer.error
}

for (const { name, start, missing, sleep, work, marks } of kinds) {
  const server = start === undefined ? undefined : startOnce(start)
  const withDatabase = (what: string, run: (database: TestDatabase) => Promise<void>) =>
    test(`${name}: ${what}`, { skip: server === undefined ? missing : false }, async () => {
      if (server !== undefined) await run(await server())
    })

  withDatabase('values of all types come as what they are', async ({ connection }) => {
    const { lookup } = lookupOf(connection, 'SELECT * FROM users WHERE id = ? AND name = ?')
    const { columns, rows } = rowsOf(await lookup.ask('1', [1, 'Ada']))
    assert.deepEqual(
      columns.map(({ name: column }) => column),
      ['id', 'big', 'name', 'born', 'score', 'member', 'note', 'price', 'extra'],
    )
    const types = columns.map(({ type }) => type)
    assert.deepEqual(types.slice(0, 8), [
      'integer',
      'integer',
      'text',
      'date',
      'number',
      'boolean',
      'text',
      'other',
    ])
    const [row = []] = rows
    assert.deepEqual(row.slice(0, 8), [
      '1',
      '9007199254740993',
      'Ada',
      '1815-12-10',
      '1.5',
      'true',
      null,
      // MariaDB's protocol and PostgreSQL's both keep the places of a decimal.
      '12.50',
    ])
    assert.deepEqual(JSON.parse(row[8] ?? ''), { a: [1] })
  })

  withDatabase('a value is a value, whatever it looks like', async ({ connection }) => {
    const { lookup } = lookupOf(connection, 'SELECT id FROM users WHERE name = ?')
    assert.deepEqual(rowsOf(await lookup.ask('a', ["x' OR '1'='1"])).rows, [])
    assert.deepEqual(rowsOf(await lookup.ask('b', ["Bob'; DROP TABLE users; --"])).rows, [['2']])
    assert.deepEqual(rowsOf(await lookup.ask('c', ['Ada'])).rows, [['1']])
  })

  withDatabase('numbers of every size find their rows', async ({ connection }) => {
    const { lookup } = lookupOf(connection, 'SELECT id FROM users WHERE big = ?')
    assert.deepEqual(rowsOf(await lookup.ask('a', [9007199254740993n])).rows, [['1']])
    assert.deepEqual(rowsOf(await lookup.ask('b', [9007199254740992n])).rows, [])
    assert.deepEqual(rowsOf(await lookup.ask('c', [7])).rows, [['2']])
  })

  withDatabase(
    'an error of a statement is one of its question, and opens no circuit',
    async ({ connection }) => {
      const { lookup, lookups } = lookupOf(connection, 'SELECT nothing FROM users WHERE id = ?')
      for (let i = 0; i < 10; i++) assert.match(errorOf(await lookup.ask(String(i), [i])), /nothing/)
      assert.equal(lookups.measures()[0]?.circuit, 'closed')
    },
  )

  withDatabase('more rows than an event can carry are an error', async ({ connection }) => {
    const joins = Array.from({ length: 14 }, (_, i) => `CROSS JOIN users t${i}`)
    const many = `SELECT users.id FROM users ${joins.join(' ')}`
    const { lookup } = lookupOf(connection, many)
    assert.match(errorOf(await lookup.ask('', [])), /more than 10000 rows/)
  })

  withDatabase(
    'an answer that no memory holds is an error, and nobody reads it to its end',
    async database => {
      const joins = Array.from({ length: 14 }, (_, i) => `CROSS JOIN users t${i}`)
      const many = `SELECT repeat('x', 1000000) FROM users ${joins.join(' ')} WHERE users.id > ?`
      const { lookup, lookups } = lookupOf(database.connection, many, { timeoutMs: 30_000 })
      const before = process.memoryUsage().rss
      const answers = await Promise.all(
        [0, -1, -2, -3, -4].map(async id => await lookup.ask(String(id), [id])),
      )
      for (const answer of answers) assert.match(errorOf(answer), /more than 16 MiB/)
      assert.ok(process.memoryUsage().rss - before < 1024 ** 3)
      assert.equal(lookups.measures()[0]?.circuit, 'closed')
      assert.deepEqual(rowsOf(await lookup.ask('none', [1000])).rows, [])
    },
  )

  withDatabase('a slow database costs its time-out, then nothing', async ({ connection }) => {
    const { lookup, lookups } = lookupOf(connection, sleep, { timeoutMs: 400 })
    const began = performance.now()
    const answers = await Promise.all(
      Array.from({ length: 256 }, async (_, i) => lookup.ask(String(i), [30 + i])),
    )
    const tookMs = performance.now() - began
    assert.ok(answers.every(answer => 'error' in answer))
    // Two rounds of the pool at most before the circuit is open; far less than 256 questions would take.
    assert.ok(tookMs < 8000, `${tookMs} ms`)
    const [measure] = lookups.measures()
    assert.equal(measure?.circuit, 'open')
    assert.match(errorOf(await lookup.ask('later', [0])), /circuit is open: no answer within 400 ms/)
  })

  withDatabase('what nobody waits for any more, the database does not go on with', async ({ connection }) => {
    for (const statement of [sleep, work]) {
      const { lookup } = lookupOf(connection, statement, { timeoutMs: 2000 })
      const pending = lookup.ask('', [1_000_000_000])
      const running = async (some: boolean) => {
        const end = performance.now() + 30_000
        while ((await statementsOf(connection, marks)) > 0 !== some) {
          assert.ok(performance.now() < end, `${statement}: ${some ? 'never begun' : 'still running'}`)
          await delay(50)
        }
      }
      await running(true)
      assert.match(errorOf(await pending), /^no answer within 2000 ms/)
      await running(false)
    }
  })

  withDatabase('more questions than connections wait for their turn', async ({ connection }) => {
    const { lookup } = lookupOf(connection, sleep)
    const answers = await Promise.all(
      Array.from({ length: 24 }, async (_, i) => lookup.ask(String(i), [0.02])),
    )
    assert.ok(answers.every(answer => 'value' in answer))
  })

  withDatabase('a wrong password says no password, and opens the circuit', async ({ connection }) => {
    const wrong = { ...connection, password: 'not-the-secret' }
    const { lookup, lookups } = lookupOf(wrong, 'SELECT 1')
    const error = errorOf(await lookup.ask('', []))
    assert.match(error, /the database cannot be asked/)
    assert.doesNotMatch(error, /not-the-secret/)
    for (let i = 0; i < 5; i++) await lookup.ask('', [])
    assert.equal(lookups.measures()[0]?.circuit, 'open')
  })

  withDatabase('a database that dies fails its questions and is found again by the next', async () => {
    if (start === undefined) return
    const database = await start()
    const { lookup } = lookupOf(database.connection, sleep, { timeoutMs: 20_000 })
    assert.ok('value' in (await lookup.ask('first', [0])))
    const pending = lookup.ask('pending', [30])
    await new Promise(resolve => setTimeout(resolve, 200))
    await database.stop()
    assert.match(errorOf(await pending), /the database cannot be asked/)
    assert.match(errorOf(await lookup.ask('then', [0])), /the database cannot be asked|circuit is open/)
  })
}

test('PostgreSQL: a pooler that takes no limit is asked without one', { skip: noPostgres }, async () => {
  if (postgresPrograms === undefined) return
  const database = await startPostgres(postgresPrograms, postgresTable)
  running.push(database)
  const pooler = await startPooler(database.connection)
  running.push({ stop: () => pooler.close() })
  const { lookup, lookups } = lookupOf(pooler.connection, 'SELECT id FROM users WHERE name = ?')
  const ask = async (key: string) => rowsOf(await lookup.ask(key, ['Ada'])).rows
  assert.deepEqual(
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map(ask)),
    Array.from({ length: 5 }, () => [['1']]),
  )
  const refused = pooler.refused()
  assert.ok(refused > 0)
  assert.deepEqual(await ask('later'), [['1']])
  assert.equal(pooler.refused(), refused)
  assert.equal(lookups.measures()[0]?.circuit, 'closed')
})

/** Started by the first test that needs it, once. */
function startOnce(start: () => Promise<TestDatabase>): () => Promise<TestDatabase> {
  let database: Promise<TestDatabase> | undefined
  return () =>
    (database ??= start().then(one => {
      running.push(one)
      return one
    }))
}
