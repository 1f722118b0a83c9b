import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adapters } from '../../src/core/adapt/registry.ts'
import { enrichmentKinds } from '../../src/core/enrich/registry.ts'
import { cases } from './documents.ts'
import { makePayload, paths } from './payloads.ts'
import { runFuzz } from './run.ts'

test('there is a configuration of every enrichment, and payloads for every adapter', () => {
  assert.deepEqual(Object.keys(cases).sort(), Object.keys(enrichmentKinds).sort())
  for (const path of adapters.keys()) assert.ok(paths.includes(path))
})

test('a payload is a function of the seed and its number', () => {
  for (let number = 0; number < 100; number++) {
    assert.deepEqual(makePayload(7, number), makePayload(7, number))
    assert.notDeepEqual(makePayload(7, number).data, makePayload(8, number).data)
  }
})

// More of them: `npm run fuzz`.
test('hostile payloads and configurations, every enrichment on', { timeout: 300_000 }, async t => {
  const report = await runFuzz({ seed: 1, payloads: 700 })
  t.diagnostic(JSON.stringify({ ...report, adapters: undefined, enrichments: undefined }))
  assert.deepEqual(report.faults, [])
  assert.deepEqual(report.untouched, [])
  const { accepted, refused } = report.configurations
  assert.ok(accepted > 10 && refused > 10, `${accepted} accepted, ${refused} refused`)
})
