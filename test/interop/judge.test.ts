import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge, type Done, type LeaseNote, type Side } from './judge.ts'

const place = (n: number) => ({ shardId: 's', sequence: String(n), subSequence: 0, n })
const raw = [place(0), place(1)]
const did = (by: Side, n: number, at: number): Done => ({ ...place(n), by, worker: by, at })
const note = (what: LeaseNote['what'], at: number): LeaseNote => ({ shardId: 's', what, at })

function repeatsOf(done: readonly Done[], notes: readonly LeaseNote[] = []) {
  return judge({ raw, done, notes, noticeMs: 100 }).repeated.map(({ repeat }) => repeat)
}

test('what nobody has done is lost; what was never there is misplaced', () => {
  const { lost, misplaced } = judge({
    raw,
    done: [did('java', 0, 1), did('java', 7, 2)],
    notes: [],
    noticeMs: 100,
  })
  assert.deepEqual([lost, misplaced.map(({ n }) => n)], [[1], [7]])
})

test('a record under the place of another is misplaced', () => {
  const { misplaced } = judge({ raw, done: [{ ...did('java', 0, 1), n: 1 }], notes: [], noticeMs: 100 })
  assert.equal(misplaced.length, 1)
})

test('what Java did before is done again because of Java', () => {
  assert.deepEqual(repeatsOf([did('java', 0, 1), did('java', 0, 5)]), ['javaAfterJava'])
  assert.deepEqual(repeatsOf([did('millrace', 0, 5), did('java', 0, 1)]), ['millraceAfterJava'])
})

test('what Millrace did before is explained by a robbery of that shard about that time, and by nothing else', () => {
  const done = [did('millrace', 0, 1000), did('java', 0, 5000)]
  assert.deepEqual(repeatsOf(done), ['unexplained'])
  assert.deepEqual(repeatsOf(done, [note('robbed', 1200)]), ['javaAfterMillrace'])
  assert.deepEqual(repeatsOf(done, [note('robbed', 5050)]), ['javaAfterMillrace'])
  assert.deepEqual(repeatsOf(done, [note('robbed', 500)]), ['unexplained'])
  assert.deepEqual(repeatsOf(done, [{ ...note('robbed', 1200), shardId: 'other' }]), ['unexplained'])
})

test('Millrace twice is its own doing, unless another program had the lease in between', () => {
  const done = [did('millrace', 0, 1000), did('millrace', 0, 5000)]
  assert.deepEqual(repeatsOf(done), ['unexplained'])
  assert.deepEqual(repeatsOf(done, [note('foreign', 4000)]), ['millraceAfterRobbery'])
  assert.deepEqual(repeatsOf(done, [note('foreign', 6000)]), ['unexplained'])
})
