import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { after, test } from 'node:test'
import { openLookups } from './lookups.ts'

const bytes = (...parts: readonly (string | number)[]): Buffer =>
  Buffer.concat(parts.map(part => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))))

// "You are known" and "ask me".
const welcome = bytes('R', 0, 0, 0, 8, 0, 0, 0, 0, 'Z', 0, 0, 0, 5, 'I')

for (const [what, broken] of [
  ['fewer columns than none', bytes('T', 0, 0, 0, 6, 255, 255)],
  ['a message that ends before its number of columns', bytes('D', 0, 0, 0, 4)],
  ['an error without an end', bytes('E', 0, 0, 0, 4)],
  ['a value longer than its message', bytes('D', 0, 0, 0, 10, 0, 2, 127, 255, 255, 255)],
] as const) {
  test(`a server that says ${what} costs the question, and nothing else`, async () => {
    const server = createServer(socket => {
      socket.on('error', () => {})
      socket.once('data', () => {
        socket.write(welcome)
        socket.once('data', () => socket.write(broken))
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    const lookups = openLookups()
    after(async () => {
      await lookups.close()
      server.close()
    })
    const connection = { host: '127.0.0.1', port: address.port, ssl: false }
    const database = {
      kind: 'postgresql' as const,
      username: 'u',
      password: 'p',
      database: 'd',
      ...connection,
    }
    const lookup = lookups.sql({
      name: 'sql-query',
      timeoutMs: 20_000,
      database,
      sql: 'SELECT 1',
      cache: { size: 0, ttlMs: 0, errorTtlMs: 0 },
      read: rows => ({ value: rows }),
    })
    const answer = await lookup.ask('', [])
    assert.match(
      'error' in answer ? answer.error : '',
      /^the database cannot be asked: it does not speak as PostgreSQL does: /,
    )
  })
}
