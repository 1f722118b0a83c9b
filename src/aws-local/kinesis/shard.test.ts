import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { maxHashKey } from '../../streams/index.ts'
import { noLimits } from './limits.ts'
import { readFrom } from './reading.ts'
import { Shard } from './shard.ts'

const range = { startingHashKey: 0n, endingHashKey: maxHashKey }
const everything = { records: Infinity, bytes: Infinity, visibleUntil: Infinity }

function openShard(): Shard {
  return new Shard({ ordinal: 0, range, parents: [], createdAt: 0, limits: noLimits })
}

const numbersFrom = (shard: Shard, place: number) =>
  readFrom(shard, place, everything, 0).records.map(({ data }) => Number(data))

/** Appends, and now and then forgets what arrived before some record. */
const history = fc.array(fc.oneof(fc.constant('append' as const), fc.nat(3_000)), { maxLength: 60 })

test('places, numbers and times find the same record, whatever was forgotten', () => {
  fc.assert(
    fc.property(history, steps => {
      const shard = openShard()
      const sequences: string[] = []
      let forgotten = 0
      for (const step of steps) {
        if (step === 'append') {
          // Many at once, so that forgetting has to move the log.
          for (let i = 0; i < 50; i++) {
            const data = `${sequences.length}`
            sequences.push(shard.append({ partitionKey: 'k', data, bytes: 1 }, sequences.length))
          }
        } else {
          shard.trim(step)
          forgotten = Math.max(forgotten, Math.min(step, sequences.length))
        }
      }
      const kept = Array.from(sequences.keys()).slice(forgotten)
      assert.deepEqual(numbersFrom(shard, 0), kept)
      for (const [number, sequence] of sequences.entries()) {
        if (number % 13 !== 0) continue
        const from = Math.max(number, forgotten)
        assert.equal(shard.placeOf(sequence), from)
        assert.equal(shard.placeAfter(sequence), Math.max(number + 1, forgotten))
        assert.equal(shard.placeAt(number), from)
      }
    }),
    { numRuns: 50 },
  )
})

test('a read gives what fits, one record at least, and says how far behind it is', () => {
  const shard = openShard()
  const bytes = [5, 5, 20, 5]
  bytes.forEach((size, i) => shard.append({ partitionKey: 'k', data: `${i}`, bytes: size }, 100 + i))
  const reads: unknown[] = []
  for (let place = 0; place < shard.end;) {
    const limits = { records: 10, bytes: 10, visibleUntil: Infinity }
    const { records, next, millisBehindLatest, ended } = readFrom(shard, place, limits, 1_000)
    reads.push([records.map(({ data }) => data).join(' '), millisBehindLatest, ended])
    place = next
  }
  assert.deepEqual(reads, [
    ['0 1', 899, false],
    ['2', 898, false],
    ['3', 0, false],
  ])
})

test('a closed shard ends after its last record, also when there is none', () => {
  const shard = openShard()
  assert.equal(readFrom(shard, 0, everything, 0).ended, false)
  shard.append({ partitionKey: 'k', data: '0', bytes: 1 }, 1)
  shard.close(2)
  assert.equal(readFrom(shard, 0, { ...everything, records: 1 }, 0).ended, true)
  assert.equal(readFrom(shard, 0, { ...everything, visibleUntil: 0 }, 0).ended, false)
  assert.equal(readFrom(shard, 1, everything, 0).ended, true)
})
