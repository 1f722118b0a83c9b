import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Config } from '../src/config/index.ts'
import { systemClock } from '../src/lib/index.ts'
import { unobserved } from '../src/observe/index.ts'
import { createStreams, openBackend, startCollector, startWorkerProcess } from '../src/service/index.ts'
import { Events, readAll } from './harness.ts'

const documents = { igluConfig: null, enrichments: [] }
const eventIdColumn = 6

/** Sends page views one after the other until told to stop; the ids of those that were answered 200. */
async function send(port: number, signal: AbortSignal): Promise<string[]> {
  const accepted: string[] = []
  while (!signal.aborted) {
    const ids = Array.from({ length: 5 }, () => randomUUID())
    const response = await fetch(`http://127.0.0.1:${port}/com.snowplowanalytics.snowplow/tp2`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        schema: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4',
        data: ids.map(eid => ({ e: 'pv', p: 'web', tv: 'test', eid, url: 'https://example.com/' })),
      }),
    })
    await response.text()
    if (response.status === 200) accepted.push(...ids)
  }
  return accepted
}

/** Every event id of the enriched stream, as often as it is there. */
async function enrichedIds(config: Config, expected: number): Promise<string[]> {
  const backend = await openBackend(config, { clock: systemClock, observe: unobserved })
  const lines = await readAll(backend, 'enriched', expected)
  await backend.close()
  return lines.map(line => line.split('\t')[eventIdColumn] ?? '')
}

/** Kills one of two workers under traffic, and compares what came out with what was accepted. */
export async function killUnderTraffic(config: Config): Promise<void> {
  const backend = await openBackend(config, { clock: systemClock, observe: unobserved })
  await createStreams(backend, config)
  await backend.close()
  const events = new Events()
  const parts = { clock: systemClock, observe: events.observe }
  const collector = await startCollector(config, parts)
  const doomed = await startWorkerProcess('doomed', { config, documents }, parts)
  const shared = events.seen(event => event.type === 'leases-scanned' && event.held === 2)
  const survivor = await startWorkerProcess('survivor', { config, documents }, parts)
  await shared

  const sending = new AbortController()
  const sent = Promise.all([send(collector.port, sending.signal), send(collector.port, sending.signal)])
  let batches = 0
  await events.seen(event => event.type === 'batch-committed' && event.records > 0 && ++batches === 20)
  const takenOver = events.seen(
    event => event.type === 'lease-taken' && event.from?.startsWith('doomed') === true,
  )
  process.kill(doomed.pid ?? 0, 'SIGKILL')
  await takenOver
  batches = 0
  await events.seen(event => event.type === 'batch-committed' && event.records > 0 && ++batches === 20)
  sending.abort()
  const accepted = (await sent).flat()
  await collector.stop('test')

  const ids = await enrichedIds(config, accepted.length)
  await Promise.all([survivor.stop('test'), doomed.stop('test')])
  assert.equal(new Set(ids).size, ids.length, 'nothing twice')
  assert.deepEqual(
    accepted.filter(id => !ids.includes(id)),
    [],
    'nothing lost',
  )
  assert.ok(accepted.length > 100)
}
