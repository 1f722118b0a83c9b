import assert from 'node:assert/strict'
import { test } from 'node:test'
import { profileTable } from './profile-table.ts'

const cost = (name: string, ms: number) => ({ name, events: 10, ms, failures: 0 })

test('shares are of the time that it took', () => {
  const lines = profileTable([cost('a', 25), cost('b', 50)], 100)
  assert.deepEqual(
    lines.slice(1).map(line => /[\d.]+ %/.exec(line)?.[0]),
    ['50 %', '25 %', '25 %'],
  )
  assert.equal(lines.length, 4)
})

test('of events that waited at once the shares are no more than all, and that is told', () => {
  const lines = profileTable([cost('a', 3000), cost('b', 1000)], 500)
  assert.deepEqual(
    lines.slice(1).map(line => /[\d.]+ %/.exec(line)?.[0]),
    ['75 %', '25 %', '0 %', undefined],
  )
  assert.match(lines.at(-1) ?? '', /^It took 500\.0 ms: events waited at once/)
})
