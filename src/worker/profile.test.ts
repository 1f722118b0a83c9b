import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../lib/index.ts'
import { EnrichmentProfile } from './profile.ts'

test('a sample of the events stands for all of them', () => {
  const profile = new EnrichmentProfile(systemClock)
  let timed = 0
  for (let i = 0; i < 1600; i++) {
    if (!profile.next()) continue
    timed++
    profile.took('iab', 0.5)
  }
  profile.failed('iab')
  assert.equal(timed, 100)
  assert.deepEqual(profile.take(['iab', 'other'], []), [
    { name: 'iab', events: 1600, ms: 800, failures: 1 },
    { name: 'other', events: 1600, ms: 0, failures: 0 },
  ])
  assert.deepEqual(profile.take(['iab', 'other'], []), [])
})
