import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { configSchema } from '../src/config/index.ts'
import { systemClock } from '../src/lib/index.ts'
import type { MillraceEvent } from '../src/observe/index.ts'
import { startCollector, startDev } from '../src/service/index.ts'
import { Events } from './harness.ts'

test('the whole pipeline starts, enriches what a real tracker sends, and stops in order', async context => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-dev-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  const config = configSchema.parse({
    embedded: { directory },
    collector: { port: 0 },
    worker: { threads: 1 },
  })
  const events = new Events()
  const held = new Map<string, number>()
  const count = { good: 0, bad: 0 }
  const observe = (event: MillraceEvent) => {
    if (event.type === 'lease-taken') held.set(event.owner, (held.get(event.owner) ?? 0) + 1)
    if (event.type === 'batch-committed') {
      count.good += event.good
      count.bad += event.bad
    }
    events.observe(event)
  }
  const enriched = events.seen(() => count.good >= 100 && count.bad >= 1 && held.size === 2)
  const options = { workers: 2, trafficRate: 100 }
  const dev = await startDev(config, { igluConfig: null, enrichments: [] }, options, {
    clock: systemClock,
    observe,
  })
  await enriched
  await Promise.all([dev.stop('test'), dev.stop('test')])
  assert.equal(dev.traffic?.failed, 0)
  assert.ok(dev.traffic.delivered >= count.good, `${dev.traffic.delivered} delivered, ${count.good} good`)
})

test('a worker that refuses its configuration stops the whole start', async context => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-dev-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  const config = configSchema.parse({ embedded: { directory }, collector: { port: 0 } })
  const parameters = { geo: { uri: 'file:///no/such/folder', database: 'GeoLite2-City.mmdb' } }
  const data = { vendor: 'com.snowplowanalytics.snowplow', name: 'ip_lookups', enabled: true, parameters }
  const enrichments = [{ schema: 'iglu:com.snowplowanalytics.snowplow/ip_lookups/jsonschema/2-0-0', data }]
  const parts = { clock: systemClock, observe() {} }
  const start = startDev(config, { igluConfig: null, enrichments }, { workers: 2, trafficRate: 0 }, parts)
  await assert.rejects(start, /ip_lookups.*GeoLite2-City.mmdb: cannot be opened/s)
})

/** Each thread of this process has a port here. */
const threads = () => process.getActiveResourcesInfo().filter(name => name === 'MessagePort').length

test('a collector that cannot listen leaves no thread behind', async context => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-dev-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  const config = (port: number) => configSchema.parse({ embedded: { directory }, collector: { port } })
  const parts = { clock: systemClock, observe() {} }
  const first = await startCollector(config(0), parts)
  const before = threads()
  await assert.rejects(startCollector(config(first.port), parts), /choose another collector port/)
  assert.equal(threads(), before)
  await first.stop('test')
})
