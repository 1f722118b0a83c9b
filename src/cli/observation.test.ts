import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test, type TestContext } from 'node:test'
import { configDefaults, type Config } from '../config/index.ts'
import type { MillraceEvent } from '../observe/index.ts'
import { startObservation } from './observation.ts'

const log = { level: 'silent' } as const

/**
 * Linux answers on every 127.x.y.z: on an address of this test's own the default port is free, and taking it is in
 * nobody's way. Elsewhere there is one.
 */
const host =
  process.platform === 'linux'
    ? `127.${randomInt(1, 255)}.${randomInt(255)}.${randomInt(1, 255)}`
    : '127.0.0.1'

/** Takes a port, unless another program has it: taken it is in either case. */
async function takenPort(t: TestContext, port: number): Promise<number> {
  const server = createServer()
  t.after(() => server.close())
  const done = Promise.race([once(server, 'listening'), once(server, 'error')])
  server.on('error', () => {}).listen(port, host)
  await done
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

function onPort(port: number): Config {
  const { monitoring } = configDefaults
  return { ...configDefaults, monitoring: { ...monitoring, http: { ...monitoring.http, host, port } } }
}

test('a second process on one machine gets another monitoring port than the default, and says which', async t => {
  const { port } = configDefaults.monitoring.http
  await takenPort(t, port)
  const events: MillraceEvent[] = []
  const observation = await startObservation(onPort(port), { log, also: event => events.push(event) })
  t.after(() => observation.stop())
  const ready = events.find(event => event.type === 'monitoring-ready')
  const warning = events.find(event => event.type === 'configuration-warning')
  assert.equal((await fetch(`http://${host}:${ready?.port}/metrics`)).status, 200)
  assert.equal(
    warning?.warning,
    `monitoring.http.port: 8000 is taken, so metrics and health are on ${ready?.port}; set it to choose`,
  )
})

test('a monitoring port that somebody chose is kept to', async t => {
  const port = await takenPort(t, 0)
  await assert.rejects(startObservation(onPort(port), { log }), /choose another monitoring.http.port/)
})
