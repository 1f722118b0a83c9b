import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adapters } from '../../src/core/adapt/registry.ts'
import { columnIndex, type EnrichedEvent } from '../../src/core/index.ts'
import { enrichmentKinds } from '../../src/core/enrich/registry.ts'
import { cases } from './documents.ts'
import { makePayload, paths } from './payloads.ts'
import { runFuzz } from './run.ts'
import { cpuMs } from './watched.ts'

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

const bugs: Readonly<Record<string, readonly [(event: EnrichedEvent) => void, RegExp]>> = {
  'that throws': [
    () => {
      throw new TypeError('planted')
    },
    /^escaped: seed 3, payload \d+: planted /,
  ],
  'that writes a tab': [event => void (event.row[0] = 'a\tb'), /^wrong: seed 3, payload \d+: .*132 columns$/],
  'that writes half a JSON': [
    event => void (event.row[columnIndex.contexts] = '{'),
    /^wrong: .*contexts is no/,
  ],
  'that takes its time': [() => spin(300), /^overBudget: .*"enrichment":"anon_ip"/],
}

function spin(ms: number): void {
  const end = cpuMs() + ms
  while (cpuMs() < end);
}

for (const [what, [bug, found]] of Object.entries(bugs)) {
  test(`a bug ${what} is found`, { timeout: 120_000 }, async () => {
    let planted = 0
    // A few slow ones are enough; of others only some events are written at all.
    const limit = what === 'that takes its time' ? 8 : Infinity
    const plant = {
      name: 'anon_ip',
      bug: (event: EnrichedEvent) => (planted++ < limit ? bug(event) : undefined),
    }
    const { faults } = await runFuzz({ seed: 3, from: 1, payloads: 60, plant, budgetMs: 200 })
    assert.ok(planted > 5)
    assert.match(faults.join('\n'), new RegExp(found.source, 'm'))
  })
}
