import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCampaign, type CampaignOptions } from '../chaos/campaign.ts'
import { explain } from '../chaos/report.ts'

// A campaign is only worth what it finds: here it has to find a bug that was planted, of each kind that it judges.

async function campaign(
  options: Pick<CampaignOptions, 'only' | 'plant' | 'faults'> & Partial<CampaignOptions>,
) {
  const outcome = await runCampaign({
    backend: 'embedded',
    seed: 4,
    shards: 4,
    seconds: 20,
    eventsPerSecond: 500,
    workers: 3,
    say: () => {},
    ...options,
  })
  const kinds = new Set(outcome.wrong.map(({ what }) => what))
  return { kinds, copies: outcome.copies, text: explain(outcome).join('\n') }
}

test('without a fence, what a zombie commits is found as duplicates', async () => {
  const { kinds, text } = await campaign({
    plant: 'no-fence',
    only: ['freeze-worker', 'slow-leases'],
    faults: 12,
  })
  assert.ok(kinds.has('duplicated'))
  assert.match(text, /duplicated: event .* came out 2 times/)
  assert.match(text, /fault .* freeze-worker worker-/)
})

test('answers before the record is on disk are found as losses', async () => {
  const { kinds } = await campaign({ plant: 'early-answer', only: ['kill-collector'], faults: 10 })
  assert.ok(kinds.has('lost'))
})

test('children that do not wait for their parents are found as disorder', async () => {
  const { kinds } = await campaign({
    plant: 'children-first',
    only: ['split-shard', 'merge-shards', 'pause-worker', 'slow-outputs'],
    faults: 40,
  })
  assert.ok(kinds.has('outOfOrder'))
})

test('on Kinesis, what is sent again without a look is found as copies that nothing explains', async () => {
  const { copies, kinds, text } = await campaign({
    backend: 'aws-local',
    plant: 'blind-retry',
    only: ['dropped-replies'],
    eventsPerSecond: 100,
    faults: 8,
  })
  assert.ok(
    copies.some(({ cause }) => cause === 'unexplained'),
    text,
  )
  // Readers leave them out all the same.
  assert.equal(kinds.has('duplicated'), false)
})
