import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EnrichedEvent } from '../event.ts'
import type { Enrichment, EnrichmentResult, Step } from './enrichment.ts'
import { legacySteps, simpleFailure, steps } from './enrichment.ts'
import { Enrichments } from './enrichments.ts'
import { testEvent } from './test-events.ts'

const input = { raw: testEvent({}), unstructSchema: null }

function pageView(): EnrichedEvent {
  const event = new EnrichedEvent()
  event.event = 'page_view'
  event.v_collector = 'c'
  return event
}

function step(
  name: Step,
  result: EnrichmentResult | Promise<EnrichmentResult>,
  log: string[] = [],
): Enrichment {
  const enrich = () => {
    log.push(name)
    return result
  }
  return { name, schemaKey: null, step: name, enrich }
}

const context = (name: string) => ({ schema: `iglu:a/${name}/jsonschema/1-0-0`, data: {} })

test('enrichments run in their order, whatever the order of their configurations', () => {
  const log: string[] = []
  const list = (['yauaa', 'iab', 'javascript', 'weather', 'ip-lookups'] as const).map(name =>
    step(name, undefined, log),
  )
  void new Enrichments(list).enrich(pageView(), input)
  assert.deepEqual(log, ['iab', 'yauaa', 'ip-lookups', 'weather', 'javascript'])
})

test('in the old order prices, places and what needs them come after scripts', () => {
  const configured = [
    'iab',
    'currency',
    'ip-lookups',
    'asn-lookups',
    'weather',
    'javascript',
    'anon-ip',
  ] as const
  const ran = (legacyOrder: boolean): string[] => {
    const log: string[] = []
    const enrichments = new Enrichments(
      configured.map(name => step(name, undefined, log)),
      { legacyOrder },
    )
    const event = pageView()
    const enriched = enrichments.enrich(event, input)
    assert.ok(!(enriched instanceof Promise))
    void enrichments.conceal(event, enriched)
    return log
  }
  assert.deepEqual(ran(false), [...configured])
  assert.deepEqual(ran(true), [
    'iab',
    'javascript',
    'currency',
    'ip-lookups',
    'asn-lookups',
    'weather',
    'anon-ip',
  ])
  assert.deepEqual(legacySteps.toSorted(), steps.toSorted())
})

test('the whole order is that of Enrich 3.9, but for the weather, and for what came later', () => {
  const order = `iab user-agent-utils ua-parser currency referer-parser campaign-attribution event-fingerprint
    cookie-extractor http-header-extractor yauaa ip-lookups asn-lookups bot-detection weather javascript sql-query
    api-request`.split(/\s+/)
  const log: string[] = []
  const configured = steps.filter(name => order.includes(name)).toReversed()
  const enrichments = new Enrichments(configured.map(name => step(name, undefined, log)))
  void enrichments.enrich(pageView(), input)
  assert.deepEqual(log, order)
})

test('a failure keeps no later step from running, and the newest stands first', () => {
  const log: string[] = []
  const list = [step('iab', simpleFailure('one'), log), step('yauaa', simpleFailure('two'), log)]
  const enriched = new Enrichments(list).enrich(pageView(), input)
  assert.ok(!(enriched instanceof Promise))
  assert.deepEqual(
    enriched.failures.map(({ message }) => (message.type === 'Simple' ? message.error : '')),
    ['two', 'one'],
  )
  assert.deepEqual(log, ['iab', 'yauaa'])
})

test('contexts of the newest step stand first, those of one step keep their order', () => {
  const list = [step('iab', [context('a'), context('b')]), step('yauaa', [context('c')])]
  const enriched = new Enrichments(list).enrich(pageView(), input)
  assert.ok(!(enriched instanceof Promise))
  assert.deepEqual(enriched.derivedContexts, [context('c'), context('a'), context('b')])
})

test('one asynchronous enrichment makes the event wait, and the rest follows in order', async () => {
  const log: string[] = []
  const list = [step('iab', Promise.resolve([context('a')]), log), step('yauaa', [context('b')], log)]
  const pending = new Enrichments(list).enrich(pageView(), input)
  assert.ok(pending instanceof Promise)
  assert.deepEqual(log, ['iab'])
  const enriched = await pending
  assert.deepEqual(enriched.derivedContexts, [context('b'), context('a')])
})

test('what must not leave is concealed only after the event is enriched', () => {
  const log: string[] = []
  const enrichments = new Enrichments([step('pii', undefined, log), step('anon-ip', undefined, log)])
  const event = pageView()
  const enriched = enrichments.enrich(event, input)
  assert.ok(!(enriched instanceof Promise))
  assert.deepEqual(log, [])
  void enrichments.conceal(event, enriched)
  assert.deepEqual(log, ['anon-ip', 'pii'])
})

const configured = (one: Enrichment) => ({ ...one, schemaKey: 'iglu:a/b/jsonschema/1-0-0' })

test('a profiler is told what the events of its sample cost in each configured step, and every failure', async () => {
  const told: string[] = []
  let now = 0
  const profiler = {
    next: () => true,
    now: () => now++,
    took: (name: string, ms: number) => told.push(`${name} took ${ms}`),
    failed: (name: string) => told.push(`${name} failed`),
  }
  const list = [
    configured(step('iab', simpleFailure('one'))),
    configured(step('yauaa', Promise.resolve(undefined))),
    configured(step('pii', undefined)),
    step('javascript', simpleFailure('always on')),
  ]
  const enrichments = new Enrichments(list, { profiler })
  const event = pageView()
  await enrichments.conceal(event, await enrichments.enrich(event, input))
  assert.deepEqual(told, ['iab took 1', 'iab failed', 'yauaa took 1', 'pii took 1'])
})
