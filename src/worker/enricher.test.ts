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
  const records = ['0', '1', '2'].map(sequence => ({
    sequence,
    subSequence: 0,
    partitionKey: 'k',
    arrivedAt: 0,
    data: Buffer.from('x'),
  }))
  const enricher = new InlineEnricher(core)
  await assert.rejects(enricher.enrich({ stream: 'raw', shardId: 's', records }), down)
  await turn()
})
