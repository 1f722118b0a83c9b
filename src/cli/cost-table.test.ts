import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics, StatusBoard, type EnrichmentCost, type MillraceEvent } from '../observe/index.ts'
import { renderCosts } from './cost-table.ts'
import { mergeCosts, parseCosts } from './scrape.ts'

const lookups = {
  asked: 100,
  cached: 60,
  calls: 30,
  failed: 3,
  refused: 2,
  callMs: 450,
  circuit: 'open',
} as const
const costs: readonly EnrichmentCost[] = [
  { name: 'ua-parser', events: 1000, ms: 20, failures: 0 },
  { name: 'api-request', events: 1000, ms: 460, failures: 5, lookups },
]

const events: readonly MillraceEvent[] = [
  { type: 'enrichments-measured', enrichments: costs },
  { type: 'circuit-changed', enrichment: 'api-request', state: 'open', error: 'gone' },
]

const expected = [
  'ENRICHMENT   EVENTS      EACH  FAILED  CALLS  CACHED   A CALL  UNANSWERED  CIRCUIT',
  'api-request   1,000  460.0 µs       5     30    60 %  15.0 ms           5  open (1)',
  'ua-parser     1,000   20.0 µs       0',
]

test('the board adds up what enrichments cost, the dearest first', () => {
  const board = new StatusBoard()
  for (const event of events) board.observe(event)
  assert.deepEqual(renderCosts(board.snapshot().enrichments), expected)
  board.observe({ type: 'circuit-changed', enrichment: 'api-request', state: 'closed' })
  for (const event of events) board.observe(event)
  const [api] = board.snapshot().enrichments
  assert.deepEqual([api?.events, api?.lookups?.calls, api?.openCircuits], [2000, 60, 1])
})

test('the same can be read from the metrics of workers', async () => {
  const metrics = createMetrics({ version: '1' })
  for (const event of events) metrics.observe(event)
  const read = parseCosts(await metrics.text())
  assert.deepEqual(renderCosts(mergeCosts([read])), expected)
  const [api] = mergeCosts([read, [], read])
  assert.deepEqual([api?.events, api?.lookups?.asked, api?.openCircuits], [2000, 200, 2])
})

test('a thread or process that is replaced takes its own open circuits along, and no other’s', async () => {
  const metrics = createMetrics({ version: '1' })
  const board = new StatusBoard()
  const tell = (event: MillraceEvent) => {
    metrics.observe(event)
    board.observe(event)
  }
  const open = async () => {
    const [scraped] = mergeCosts([parseCosts(await metrics.text())])
    assert.equal(scraped?.openCircuits, board.snapshot().enrichments[0]?.openCircuits)
    return scraped?.openCircuits
  }
  const [measured, opened] = events
  if (measured === undefined || opened === undefined) throw new RangeError('no events')
  for (const event of [measured, opened, opened, opened, opened]) tell(event)
  assert.equal(await open(), 4)
  tell({ type: 'thread-restarted', thread: 0, error: 'gone', openCircuits: ['api-request'] })
  assert.equal(await open(), 3)
  tell({ type: 'thread-restarted', thread: 0, error: 'gone' })
  assert.equal(await open(), 3)
  const name = 'worker-1'
  const openCircuits = ['api-request', 'api-request']
  tell({ type: 'process-ended', name, code: null, signal: 'SIGKILL', openCircuits })
  assert.equal(await open(), 1)
})

test('no number of open circuits is below nothing', async () => {
  const metrics = createMetrics({ version: '1' })
  for (const event of events) metrics.observe(event)
  metrics.observe({ type: 'thread-restarted', thread: 0, error: 'gone', openCircuits: ['api-request'] })
  metrics.observe({ type: 'circuit-changed', enrichment: 'api-request', state: 'closed' })
  assert.match(await metrics.text(), /^millrace_circuits_open\{enrichment="api-request"\} 0$/m)
  assert.match(await metrics.text(), /^millrace_circuit_opened_total\{enrichment="api-request"\} 1$/m)
})
