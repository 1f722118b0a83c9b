import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { startImds, type FakeImds } from '../../test/imds.ts'
import { configSchema } from '../config/index.ts'
import { systemClock } from '../lib/index.ts'
import type { MillraceEvent } from '../observe/index.ts'
import { startInstanceWatch } from './index.ts'

const identity = 'dynamic/instance-identity/document'
const config = configSchema.parse({ backend: 'aws', lifecycle: { pollMs: 50 } })

/** A watch on a machine that does not say which one it is, until `answers` has it at one of the waits. */
async function watch(t: TestContext, answers: (wait: number, imds: FakeImds, document: string) => void) {
  const imds = await startImds()
  t.after(() => imds.close())
  const document = imds.documents.get(identity) ?? ''
  imds.documents.delete(identity)
  const events: MillraceEvent[] = []
  const told = Promise.withResolvers<void>()
  const observe = (event: MillraceEvent): void => {
    events.push(event)
    told.resolve()
  }
  const waits: number[] = []
  const clock = {
    ...systemClock,
    async sleep(ms: number, signal?: AbortSignal) {
      // Seconds pass at once; the poll of a watch is shorter.
      if (ms >= 1000) answers(waits.push(ms), imds, document)
      await systemClock.sleep(ms >= 1000 ? 1 : ms, signal)
    },
  }
  const environment = { AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.endpoint }
  const started = await startInstanceWatch(config, { clock, observe }, environment)
  t.after(() => started.finish())
  return { started, events, waits, told: told.promise }
}

const names = (events: readonly MillraceEvent[]) => events.map(({ type }) => type)

test('a metadata service that answers late is watched from then on', { timeout: 30_000 }, async t => {
  const { started, events, waits } = await watch(t, (wait, imds, document) => {
    if (wait !== 3) return
    imds.documents.set(identity, document)
    imds.documents.set('meta-data/spot/instance-action', '{"action":"terminate"}')
  })
  assert.equal(started.isEnding, false)
  assert.equal(await started.ending, 'spot-interruption')
  assert.equal(started.isEnding, true)
  assert.deepEqual([names(events), waits.length], [['instance-watched', 'instance-notice'], 3])
})

test('where none answers that is told once, after waits that grow', { timeout: 30_000 }, async t => {
  const { started, events, waits, told } = await watch(t, () => {})
  await told
  await started.finish()
  assert.deepEqual(names(events), ['instance-unwatched'])
  assert.equal(waits.length, 6)
  assert.ok((waits[0] ?? 0) <= 5000 && (waits[3] ?? 0) >= 20_000, String(waits))
})

test('a process that ends waits for no more tries, and tells nothing', { timeout: 30_000 }, async t => {
  const imds = await startImds()
  t.after(() => imds.close())
  imds.documents.clear()
  const events: MillraceEvent[] = []
  const parts = { clock: systemClock, observe: (event: MillraceEvent) => void events.push(event) }
  const environment = { AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.endpoint }
  const started = await startInstanceWatch(config, parts, environment)
  const asked = imds.asked.length
  await started.finish()
  assert.deepEqual([events, imds.asked.length], [[], asked])
})
