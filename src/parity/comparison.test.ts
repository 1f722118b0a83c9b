import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columns, type ColumnName } from '../core/index.ts'
import { compareEvents, parityDefaults, type ParityReport } from './comparison.ts'

type Values = Partial<Record<ColumnName, string>>

function line(values: Values): string {
  return columns.map(([name]) => values[name] ?? '').join('\t')
}

async function* from(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines
}

function parity(a: readonly Values[], b: readonly Values[]): Promise<ParityReport> {
  return compareEvents(from(a.map(line)), from(b.map(line)))
}

const findingsOf = ({ findings }: ParityReport) =>
  findings.map(({ column, path, cause, events }) => [column + path, cause, events])

test('numbers, flags, times and JSON are compared by what they mean', async () => {
  const report = await parity(
    [
      {
        event_id: '1',
        etl_tstamp: '2024-01-01 00:00:00.000',
        collector_tstamp: '2023-11-14 22:13:20.000',
        tr_total: '1.50',
        geo_latitude: '37.751',
        br_cookies: '1',
        contexts:
          '{"schema":"iglu:s/contexts/jsonschema/1-0-1","data":[{"schema":"iglu:a/b/jsonschema/1-0-0","data":{"x":1.0,"y":null}}]}',
      },
    ],
    [
      {
        event_id: '1',
        etl_tstamp: '2024-01-01 00:00:09.000',
        collector_tstamp: '2023-11-14 22:13:20',
        tr_total: '1.5',
        geo_latitude: '37.75100',
        br_cookies: 'true',
        contexts:
          '{"data":[{"data":{"x":1},"schema":"iglu:a/b/jsonschema/1-0-0"}],"schema":"iglu:s/contexts/jsonschema/1-0-1"}',
      },
    ],
  )
  assert.deepEqual(findingsOf(report), [])
  assert.equal(report.verdict, 'same')
  assert.deepEqual(report.events, { a: 1, b: 1, both: 1, equal: 1 })
})

test('events find each other in any order, and those without a counterpart are counted', async () => {
  const report = await parity(
    [{ event_id: '1' }, { event_id: '2' }, { event_id: '3', app_id: 'x' }],
    [{ event_id: '2' }, { event_id: '1' }, { event_id: '4', app_id: 'y', event: 'struct' }],
  )
  assert.equal(report.verdict, 'different')
  assert.deepEqual([report.events.both, report.onlyInA, report.onlyInB], [2, 1, 1])
})

test('an event without an id of its own is known by what the tracker said', async () => {
  const event = { collector_tstamp: '2023-11-14 22:13:20.001', event: 'page_view' }
  const report = await parity([{ ...event, event_id: '1' }], [{ ...event, event_id: '2' }])
  assert.deepEqual([report.idsDiffer, report.onlyInA, report.verdict], [1, 0, 'same'])
})

const contexts = (...names: readonly string[]) =>
  JSON.stringify({
    schema: 'iglu:s/contexts/jsonschema/1-0-1',
    data: names.map(name => ({ schema: `iglu:v/${name}/jsonschema/1-0-0`, data: { n: name.length } })),
  })

test('differences are grouped by column, place and cause', async () => {
  const report = await parity(
    [
      { event_id: '1', derived_contexts: contexts('a', 'b'), geo_city: 'X', app_id: 'p' },
      { event_id: '2', derived_contexts: contexts('a', 'c'), geo_city: 'X' },
      { event_id: '3', derived_contexts: '{"big":9007199254740993}' },
    ],
    [
      { event_id: '1', derived_contexts: contexts('b', 'a'), app_id: 'q' },
      { event_id: '2', derived_contexts: contexts('a') },
      { event_id: '3', derived_contexts: '{"big":9007199254740992}' },
    ],
  )
  assert.deepEqual(findingsOf(report), [
    ['geo_city', 'only in A', 2],
    ['app_id', 'differs', 1],
    ['derived_contexts', 'order', 1],
    ['derived_contexts:v/c', 'only in A', 1],
    ['derived_contexts.big', 'differs', 1],
  ])
  const examples = report.findings.map(({ example: { a, b } }) => [a, b])
  assert.deepEqual(examples, [
    ['X', ''],
    ['p', 'q'],
    ['v/a, v/b', 'v/b, v/a'],
    ['{"schema":"iglu:v/c/jsonschema/1-0-0","data":{"n":1}}', ''],
    ['"9007199254740993"', '"9007199254740992"'],
  ])
})

test('lines that are no events are counted, and too many without a counterpart end it', async () => {
  const report = await compareEvents(from(['x']), from([]))
  assert.deepEqual([report.unreadable, report.verdict], [{ a: 1, b: 0 }, 'different'])
  const many = Array.from({ length: 5 }, (_, id) => line({ event_id: String(id) }))
  await assert.rejects(
    compareEvents(from(many), from([]), { ...parityDefaults, maxWaiting: 3 }),
    /4 events \(\d+ characters\) have no counterpart yet; compare the same time range/,
  )
  await assert.rejects(
    compareEvents(from(many), from([]), { ...parityDefaults, maxWaitingCharacters: 300 }),
    /3 events \(\d+ characters\) have no counterpart/,
  )
})
