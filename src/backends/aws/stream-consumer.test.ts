import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { horizon, never, read } from './test-reading.ts'
import { scripted } from './test-backend.ts'
import { no, type Asked, type Script } from './test-service.ts'

const described = { ConsumerDescription: { ConsumerARN: 'arn:consumer', ConsumerStatus: 'CREATING' } }

/** A consumer that becomes what the test says. */
function consumer(describe: Script, register: Script = () => ({ json: {} })): Script {
  return asked => {
    if (asked.operation === 'DescribeStreamSummary')
      return { json: { StreamDescriptionSummary: { StreamARN: 'arn:stream' } } }
    if (asked.operation === 'DescribeStreamConsumer') return describe(asked)
    if (asked.operation === 'RegisterStreamConsumer') return register(asked)
    return no('AccessDeniedException')
  }
}

const count = (asked: readonly Asked[], operation: string) =>
  asked.filter(one => one.operation === operation).length

test('nobody goes on waiting for a consumer after the end', async context => {
  const script = consumer(() => ({ json: described }))
  const { backend, service } = await scripted(context, script, { retrieval: 'fanOut', pollMs: 5 })
  const reading = read(backend.source('raw', { application: 'app' }), horizon, never)
  const looks = () => count(service.asked, 'DescribeStreamConsumer')
  while (looks() < 2) await sleep(5)
  await backend.close()
  assert.deepEqual(await reading, [])
  const before = looks()
  await sleep(300)
  // One call may be on its way, and the SDK may make it again.
  assert.ok(looks() - before <= 3, `${looks() - before} looks after the end`)
})

test(
  'where registering is refused as too much, a reader goes on trying',
  { timeout: 20_000 },
  async context => {
    let refusals = 0
    const script = consumer(
      () => no('ResourceNotFoundException'),
      () => (refusals++ < 6 ? no('LimitExceededException') : no('AccessDeniedException')),
    )
    const { backend } = await scripted(context, script, { retrieval: 'fanOut', pollMs: 5 })
    const reading = read(backend.source('raw', { application: 'app' }), horizon, never)
    await assert.rejects(reading, { retryable: false, message: /AccessDenied/ })
    assert.equal(refusals, 7)
  },
)
