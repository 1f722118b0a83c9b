import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreDefaults } from '../core/index.ts'
import { MillraceError } from '../lib/index.ts'
import type { MillraceEvent } from '../observe/index.ts'
import type { Batch, Enriched } from './job.ts'
import { ThreadPool } from './pool.ts'

const program = new URL('./test-thread.ts', import.meta.url)

function makePool(threads: number, batchTimeoutMs = 5000) {
  const events: MillraceEvent[] = []
  const { promise: restarted, resolve } = Promise.withResolvers<void>()
  const setup = { core: coreDefaults, igluConfig: null, enrichments: [] }
  const pool = new ThreadPool({
    threads,
    setup,
    batchTimeoutMs,
    program,
    observe: event => {
      events.push(event)
      if (event.type === 'thread-restarted') resolve()
    },
  })
  return { pool, events, restarted }
}

function batchOf(...words: string[]): Batch {
  const records = words.map((word, i) => ({
    sequence: String(i),
    subSequence: 0,
    partitionKey: 'k',
    arrivedAt: i,
    data: Buffer.from(word),
  }))
  return { stream: 'raw', shardId: 's', records }
}

const shown = ({ outputs }: Enriched) =>
  outputs.map(
    ({ kind, data, provenance }) => `${provenance.sequence} ${kind} ${Buffer.from(data).toString()}`,
  )

test('outputs keep the order of their records, and say where they come from', async () => {
  const { pool } = makePool(2)
  const batches = await Promise.all([
    pool.enrich(batchOf('a', 'b')),
    pool.enrich(batchOf('c')),
    pool.enrich(batchOf('d')),
  ])
  assert.deepEqual(batches.map(shown), [['0 good a', '1 good b'], ['0 good c'], ['0 good d']])
  await pool.close()
})

test('every thread of a pool that has warmed up is there before the first batch', async context => {
  let started = 0
  const count = () => void started++
  process.on('worker', count)
  context.after(() => process.off('worker', count))
  const { pool, events } = makePool(3)
  await pool.warmUp()
  assert.equal(started, 3)
  await Promise.all(['a', 'b', 'c'].map(word => pool.enrich(batchOf(word))))
  assert.equal(started, 3)
  assert.deepEqual(events, [])
  await pool.close()
})

test('a pool that cannot warm up says so to whoever sends a batch', async () => {
  const setup = { core: coreDefaults, igluConfig: 'nonsense', enrichments: [] }
  const pool = new ThreadPool({ threads: 1, setup, batchTimeoutMs: 5000, observe: () => {} })
  await pool.warmUp()
  await assert.rejects(pool.enrich(batchOf('a')))
  await pool.close()
})

test('a thread that cannot build its core is replaced, and the next one may', async context => {
  // Half of all sandboxes refuse this script.
  const script = 'if (Math.random() < 0.5) throw new Error("not now"); function process() {}'
  const schema = 'iglu:com.snowplowanalytics.snowplow/javascript_script_config/jsonschema/1-0-0'
  const parameters = { script: Buffer.from(script).toString('base64') }
  const data = { vendor: 'com.snowplowanalytics.snowplow', name: 'javascript_script_config', enabled: true }
  const setup = {
    core: coreDefaults,
    igluConfig: null,
    enrichments: [{ schema, data: { ...data, parameters } }],
  }
  const told: string[] = []
  for (let round = 0; round < 10; round++) {
    const observe = (event: MillraceEvent) => void told.push(event.type)
    const pool = new ThreadPool({ threads: 1, setup, batchTimeoutMs: 30_000, observe })
    context.after(() => pool.close())
    let tries = 0
    const attempt = async (): Promise<Enriched> => {
      try {
        return await pool.enrich(batchOf('no payload'))
      } catch (error) {
        assert.match(String(error), /not now/)
        assert.ok(++tries < 30, 'no thread was better than the first')
        return await attempt()
      }
    }
    assert.equal((await attempt()).outputs[0]?.kind, 'bad')
    if (tries > 0) break
  }
  assert.ok(told.includes('thread-restarted'))
})

test('a record that never ends costs its own outcome and no other', async () => {
  const { pool, events } = makePool(1, 1500)
  assert.deepEqual(shown(await pool.enrich(batchOf('a', 'loop', 'b'))), [
    '0 good a',
    '1 bad took longer than 1500 ms',
    '2 good b',
  ])
  assert.equal(events.filter(({ type }) => type === 'thread-restarted').length, 2)
  await pool.close()
})

test('a record that ends its thread becomes a bad row, and the next batch finds a new thread', async () => {
  const { pool } = makePool(1)
  assert.deepEqual(shown(await pool.enrich(batchOf('exit'))), [
    '0 bad the enrichment thread ended with code 7',
  ])
  assert.deepEqual(shown(await pool.enrich(batchOf('a'))), ['0 good a'])
  await pool.close()
})

test('a thread that breaks between two batches costs neither the process nor the next batch', async () => {
  const { pool, restarted } = makePool(1)
  await pool.enrich(batchOf('later'))
  await restarted
  assert.deepEqual(shown(await pool.enrich(batchOf('a'))), ['0 good a'])
  await pool.close()
})

test('a pool that is closed under a batch gives it up, and starts no other thread', async () => {
  const { pool, events } = makePool(1)
  const refused = assert.rejects(pool.enrich(batchOf('loop')), /threads were ended/)
  await pool.close()
  await refused
  assert.deepEqual(events, [])
})

test('an outage inside a thread reaches the caller as the retryable error that it is', async () => {
  const { pool } = makePool(1)
  await assert.rejects(pool.enrich(batchOf('a', 'outage')), (error: unknown) => {
    assert.ok(error instanceof MillraceError)
    assert.deepEqual([error.code, error.retryable], ['iglu', true])
    return true
  })
  assert.deepEqual(shown(await pool.enrich(batchOf('a'))), ['0 good a'])
  await pool.close()
})

test('what a thread tells beside its replies is told on, and taken for no reply', async () => {
  const { pool, events } = makePool(1)
  assert.deepEqual(shown(await pool.enrich(batchOf('tell', 'a'))), ['0 good tell', '1 good a'])
  assert.deepEqual(events, [{ type: 'iglu-outage', registry: 'r', error: 'e' }])
  await pool.close()
})

test('a thread that is replaced says which circuits were open in it, and the next one has none', async () => {
  const { pool, events } = makePool(1)
  await pool.enrich(batchOf('open sql'))
  await pool.enrich(batchOf('exit'))
  const restarts = events.flatMap(event => (event.type === 'thread-restarted' ? [event.openCircuits] : []))
  assert.deepEqual(restarts, [['sql'], undefined])
  await pool.close()
})
