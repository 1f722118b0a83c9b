import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge, type Logs, type RawRecord, type Written } from './oracle.ts'
import type { SentEvent } from './traffic.ts'

const parent = { shardId: 'shard-0', parents: [] }
const child = { shardId: 'shard-1', parents: ['shard-0'] }

/** Six records of two events, the last two of them in the child; every third event is bad. All is well. */
function goodLogs() {
  const raw = Array.from({ length: 6 }, (_, n): RawRecord => {
    const shardId = n < 4 ? parent.shardId : child.shardId
    return { shardId, sequence: String(n + 8), arrivedAt: n, eventIds: [`e${n}-0`, `e${n}-1`] }
  })
  const written = raw.flatMap(({ shardId, sequence, eventIds }, n) =>
    eventIds.map((eventId, index): Written => {
      const from = { shardId, sequence, index, output: 0, epoch: 1 }
      return { stream: kindOf(n, index), shardId: 'out-0', arrivedAt: n + 100, eventId, from }
    }),
  )
  const sent = new Map(
    written.map(({ eventId, stream }): [string, SentEvent] => [
      eventId,
      { kind: stream, sentAt: 0, fate: 'accepted' },
    ]),
  )
  return { sent, raw, written, shards: [parent, child] } satisfies Logs
}

const kindOf = (n: number, index: number) => ((2 * n + index) % 3 === 2 ? 'bad' : 'good')

function found(logs: Logs): string[] {
  return judge(logs)
    .map(({ what, eventId }) => `${what} ${eventId}`)
    .sort()
}

const without = <T>(items: readonly T[], at: number) => items.filter((_, i) => i !== at)

/** The item at `from` comes to stand at `to`. */
function moved<T>(items: readonly T[], from: number, to: number): T[] {
  return without(items, from).toSpliced(to, 0, ...items.slice(from, from + 1))
}

test('nothing is wrong with logs where nothing is wrong', () => {
  assert.deepEqual(found(goodLogs()), [])
})

test('an output that is missing is lost', () => {
  const logs = goodLogs()
  assert.deepEqual(found({ ...logs, written: without(logs.written, 3) }), ['lost e1-1'])
})

test('what was answered 200 and is not in the raw stream is lost', () => {
  const logs = goodLogs()
  const written = logs.written.filter(({ eventId }) => !eventId.startsWith('e2'))
  assert.deepEqual(found({ ...logs, raw: without(logs.raw, 2), written }), ['lost e2-0', 'lost e2-1'])
})

test('what nobody answered may be there or not', () => {
  const logs = goodLogs()
  for (const id of ['e2-0', 'e2-1', 'e3-0']) logs.sent.set(id, { kind: 'good', sentAt: 0, fate: 'unknown' })
  logs.sent.set('e2-1', { kind: 'bad', sentAt: 0, fate: 'unknown' })
  logs.sent.set('e3-0', { kind: kindOf(3, 0), sentAt: 0, fate: 'unknown' })
  assert.deepEqual(found(logs), [])
  const written = logs.written.filter(({ eventId }) => !eventId.startsWith('e2'))
  assert.deepEqual(found({ ...logs, raw: without(logs.raw, 2), written }), [])
})

test('an output that is there again is a duplicate, by its id and by its place', () => {
  const logs = goodLogs()
  const again = logs.written.slice(4, 5).map(record => ({ ...record, shardId: 'out-1' }))
  assert.deepEqual(found({ ...logs, written: [...logs.written, ...again] }), [
    'duplicated e2-0',
    'duplicated e2-0',
  ])
})

test('the same event from two raw records is a duplicate', () => {
  const logs = goodLogs()
  const raw = [...logs.raw, { shardId: 'shard-1', sequence: '99', arrivedAt: 9, eventIds: ['e1-0'] }]
  const from = { shardId: 'shard-1', sequence: '99', index: 0, output: 0, epoch: 1 }
  const again: Written = { stream: kindOf(1, 0), shardId: 'out-0', arrivedAt: 999, eventId: 'e1-0', from }
  assert.deepEqual(found({ ...logs, raw, written: [...logs.written, again] }), [
    'duplicated e1-0',
    'duplicated e1-0',
  ])
})

test('an event of another kind is a duplicate too', () => {
  const logs = goodLogs()
  const again = logs.written
    .slice(4, 5)
    .map(record => ({ ...record, stream: 'bad' as const, shardId: 'out-1' }))
  assert.deepEqual(found({ ...logs, written: [...logs.written, ...again] }), [
    'duplicated e2-0',
    'duplicated e2-0',
    'misplaced e2-0',
  ])
})

test('a record that comes out after a later one of its shard is out of order', () => {
  const logs = goodLogs()
  // e0-0 and e1-0 go to the same stream.
  assert.deepEqual(found({ ...logs, written: moved(logs.written, 0, 2) }), ['outOfOrder e0-0'])
})

test('sequences are numbers: 9 comes before 10', () => {
  const logs = goodLogs()
  const at = (sequence: string) => logs.written.findIndex(({ from }) => from?.sequence === sequence)
  const swapped = moved(logs.written, at('9'), at('10') + 2)
  assert.notDeepEqual(found({ ...logs, written: swapped }), [])
})

test('a record of a parent behind one of its child is out of order', () => {
  const logs = goodLogs()
  const last = logs.written.findLastIndex(({ from }) => from?.shardId === parent.shardId)
  const wrong = found({ ...logs, written: moved(logs.written, last, logs.written.length - 1) })
  assert.deepEqual(wrong, [`outOfOrder ${logs.written[last]?.eventId}`])
})

test('a bad event among the good ones is misplaced', () => {
  const logs = goodLogs()
  const written = logs.written.map(record =>
    record.eventId === 'e1-0' ? { ...record, stream: 'good' as const } : record,
  )
  assert.deepEqual(found({ ...logs, written }), ['misplaced e1-0'])
})

test('an output that names another place than its own is misplaced', () => {
  const logs = goodLogs()
  const written = logs.written.map(record =>
    record.eventId === 'e5-1' && record.from !== undefined
      ? { ...record, from: { ...record.from, index: 5 } }
      : record,
  )
  assert.deepEqual(found({ ...logs, written }), ['misplaced e5-1'])
})

test('an output that nobody sent is misplaced', () => {
  const logs = goodLogs()
  const stray: Written = { stream: 'good', shardId: 'out-0', arrivedAt: 0, eventId: 'stray' }
  assert.deepEqual(found({ ...logs, written: [...logs.written, stray] }), [
    'misplaced stray',
    'misplaced stray',
  ])
})

test('where a producer may repeat itself, what came in twice comes out twice, and no more often', () => {
  const logs = goodLogs()
  const [first] = logs.raw
  const again = { ...(first ?? assert.fail()), sequence: '99' }
  const raw = [...logs.raw, again]
  const outputs = logs.written.flatMap(output => {
    const { from } = output
    return from?.sequence === first?.sequence && from !== undefined
      ? { ...output, from: { ...from, sequence: '99' } }
      : []
  })
  const repeated = { ...logs, raw, written: [...logs.written, ...outputs], repeats: true }
  assert.deepEqual(
    judge(repeated).filter(({ what }) => what === 'duplicated'),
    [],
  )
  assert.ok(judge({ ...repeated, repeats: false }).some(({ what }) => what === 'duplicated'))
  const thrice = { ...repeated, written: [...repeated.written, ...outputs] }
  assert.ok(judge(thrice).some(({ what }) => what === 'duplicated'))
})

test('outputs of one batch may change places, those of two may not', () => {
  const logs = goodLogs()
  const late = logs.written.findIndex(({ stream }) => stream === 'good')
  const good = logs.written.flatMap(({ stream }, i) => (stream === 'good' ? i : []))
  const written = moved(logs.written, late, good[2] ?? assert.fail())
  assert.ok(found({ ...logs, written }).some(wrong => wrong.startsWith('outOfOrder')))
  assert.deepEqual(found({ ...logs, written, batchRecords: 50 }), [])
})
