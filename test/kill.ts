import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Config } from '../src/config/index.ts'
import { systemClock } from '../src/lib/index.ts'
import { unobserved } from '../src/observe/index.ts'
import { createStreams, openBackend, startCollector, startWorkerProcess } from '../src/service/index.ts'
import { Events, readAll } from './harness.ts'

/** What a configuration needs so that every event leaves something in each of two streams. */
export const allOutputs = { failed: {}, pii: {} }

const documents = {
  igluConfig: null,
  enrichments: [
    {
      schema: 'iglu:com.snowplowanalytics.snowplow.enrichments/pii_enrichment_config/jsonschema/2-0-0',
      data: {
        vendor: 'com.snowplowanalytics.snowplow.enrichments',
        name: 'pii_enrichment_config',
        enabled: true,
        emitEvent: true,
        parameters: {
          pii: [{ pojo: { field: 'user_id' } }],
          strategy: { pseudonymize: { hashFunction: 'MD5', salt: 'pepper' } },
        },
      },
    },
  ],
}

/** Ids of events that were answered 200. */
interface Sent {
  readonly good: string[]
  /** With a value that is no number. */
  readonly broken: string[]
}

/** Sends page views one after the other until told to stop: of each six one is broken. */
async function send(port: number, signal: AbortSignal): Promise<Sent> {
  const sent: Sent = { good: [], broken: [] }
  while (!signal.aborted) {
    const good = Array.from({ length: 5 }, () => randomUUID())
    const broken = randomUUID()
    const view = { e: 'pv', p: 'web', tv: 'test', uid: 'somebody', url: 'https://example.com/' }
    const data = [...good.map(eid => ({ ...view, eid })), { ...view, eid: broken, vid: 'many' }]
    const response = await fetch(`http://127.0.0.1:${port}/com.snowplowanalytics.snowplow/tp2`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        schema: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4',
        data,
      }),
    })
    await response.text()
    if (response.status !== 200) continue
    sent.good.push(...good)
    sent.broken.push(broken)
  }
  return sent
}

/** Where the id of the event is that a record was made of, by stream. */
const idIn: Readonly<Record<string, RegExp>> = {
  enriched: /^(?:[^\t]*\t){6}([^\t]*)/,
  failed: /^(?:[^\t]*\t){6}([^\t]*)/,
  bad: /"event_id":"([^"]*)"/,
  pii: /"parentEventId":"([^"]*)"/,
}

/** The event ids of an output stream, as often as each is there. */
async function idsIn(config: Config, stream: string, expected: number): Promise<string[]> {
  const backend = await openBackend(config, { clock: systemClock, observe: unobserved })
  const records = await readAll(backend, stream, expected)
  await backend.close()
  return records.map(record => idIn[stream]?.exec(record)?.[1] ?? assert.fail(`no id in ${record}`))
}

/**
 * Kills one of two workers under traffic, and compares what came out in each stream with what was accepted. All outputs
 * must be configured: see `allOutputs`.
 */
export async function killUnderTraffic(config: Config): Promise<void> {
  const backend = await openBackend(config, { clock: systemClock, observe: unobserved })
  await createStreams(backend, config)
  await backend.close()
  const events = new Events()
  const parts = { clock: systemClock, observe: events.observe }
  await using started = new AsyncDisposableStack()
  const stopped = <T extends { stop(reason: string): Promise<void> }>(part: T): T =>
    started.adopt(part, part => part.stop('test'))

  const collector = stopped(await startCollector(config, parts))
  const doomed = stopped(await startWorkerProcess('doomed', { config, documents }, parts))
  const shared = events.seen(event => event.type === 'leases-scanned' && event.held === 2)
  const survivor = stopped(await startWorkerProcess('survivor', { config, documents }, parts))
  await shared

  const sending = new AbortController()
  started.defer(() => sending.abort())
  const traffic = Promise.all([send(collector.port, sending.signal), send(collector.port, sending.signal)])
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
  const sent = await traffic
  const [good, broken] = [sent.flatMap(one => one.good), sent.flatMap(one => one.broken)]
  await collector.stop('test')

  const wanted = { enriched: good, pii: good, bad: broken, failed: broken }
  const found = await Promise.all(
    Object.entries(wanted).map(
      async ([stream, ids]) => [stream, ids, await idsIn(config, stream, ids.length)] as const,
    ),
  )
  await Promise.all([survivor.stop('test'), doomed.stop('test')])
  for (const [stream, ids, there] of found) {
    const set = new Set(there)
    assert.equal(set.size, there.length, `${stream}: nothing twice`)
    assert.deepEqual(
      ids.filter(id => !set.has(id)),
      [],
      `${stream}: nothing lost`,
    )
    assert.equal(there.length, ids.length, `${stream}: nothing else`)
  }
  assert.ok(broken.length > 20)
}
