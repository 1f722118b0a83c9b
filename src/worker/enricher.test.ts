import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'node:test'
import type { Core, Outcome } from '../core/index.ts'
import { MillraceError } from '../lib/index.ts'
import { InlineEnricher } from './enricher.ts'

const down = new MillraceError('iglu', 'registry is down', { retryable: true })

/** Each record fails with the outage: the first one last. */
const core: Core = {
  async process({ origin }): Promise<Outcome[]> {
    for (let turns = 3 - Number(origin.sequence); turns > 0; turns--) await turn()
    throw down
  },
  emit: () => [],
}

test('an outage that many records meet fails their batch, not the process', async () => {
  const enricher = new InlineEnricher(core)
  await assert.rejects(enricher.enrich({ stream: 'raw', shardId: 's', records: records(3) }), down)
  await turn()
})

function records(count: number) {
  return Array.from({ length: count }, (_, place) => ({
    sequence: String(place),
    subSequence: 0,
    partitionKey: 'k',
    arrivedAt: 0,
    data: Buffer.from('x'),
  }))
}

test('outputs keep the order of their records, those that wait and those that need not', async () => {
  const outcomes: Outcome[] = []
  const some: Core = {
    // Three at once, then three that take their time, the first of them longest.
    process({ origin }) {
      const place = Number(origin.sequence) % 6
      return place < 3 ? outcomes : later(6 - place)
    },
    emit: (_outcomes, { origin }) => [
      { kind: 'good', partitionKey: 'k', data: Buffer.from(origin.sequence), index: 0, output: 0 },
    ],
  }
  async function later(turns: number): Promise<Outcome[]> {
    for (let n = turns; n > 0; n--) await turn()
    return outcomes
  }
  const batch = { stream: 'raw', shardId: 's', records: records(600) }
  const { outputs } = await new InlineEnricher(some).enrich(batch)
  const places = outputs.map(({ data }) => Buffer.from(data).toString())
  assert.deepEqual(
    places,
    batch.records.map(({ sequence }) => sequence),
  )
  assert.deepEqual(
    outputs.map(({ provenance }) => provenance.sequence),
    places,
  )
})

test('what outputs do not show is counted, each by its name', async () => {
  const some: Core = {
    process: () => [],
    emit(_outcomes, { origin }, omit = () => {}) {
      omit(origin.sequence === '0' ? 'dropped' : 'invalid')
      return []
    },
  }
  const { omitted } = await new InlineEnricher(some).enrich({
    stream: 'raw',
    shardId: 's',
    records: records(3),
  })
  assert.deepEqual(omitted, { dropped: 1, piiTooLarge: 0, failedTooLarge: 0, invalid: 2 })
})
