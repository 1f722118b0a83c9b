import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runDeploy } from '../chaos/deploy.ts'
import { explain } from '../chaos/report.ts'

test('a rolling deploy under traffic: nothing is lost, nothing comes twice, not even in the stream', async context => {
  const outcome = await runDeploy({
    backend: 'aws-local',
    seed: 1,
    seconds: 0,
    eventsPerSecond: 50,
    workers: 2,
    shards: 6,
    say: line => context.diagnostic(line),
  })
  const { lag, logs, wrong, copies, surprises, handovers } = outcome
  context.diagnostic(`lag: ${JSON.stringify(lag)}`)
  assert.deepEqual([wrong, copies, surprises], [[], [], []], explain(outcome).join('\n'))
  assert.ok(logs.written.length > 100 && handovers.length > 0)
  // No shard waits until a lease has expired and somebody has looked for what is there: that takes 9 s at least.
  assert.ok(lag.max < 9000, `${lag.max} ms`)
})
