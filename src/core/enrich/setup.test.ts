import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { coreDefaults } from '../options.ts'
import { parameterRules } from './parameters.ts'
import { setupEvent, type EventSetup } from './setup.ts'
import { testEvent, testRecord } from './test-events.ts'

const source = { record: testRecord, index: 0 }
const later = { ...coreDefaults, compatibility: '4.2' } as const

function setup(parameters: Record<string, string | null>, options = coreDefaults): EventSetup {
  return setupEvent(testEvent(parameters), source, options)
}

test('the collector and the clock of the record fill what the tracker does not send', () => {
  const raw = testEvent({}, { networkUserId: 'n', useragent: 'A\tB\r\n' })
  const { event } = setupEvent(raw, source, coreDefaults)
  assert.equal(event.v_collector, 'ssc-2.9.0-kinesis')
  assert.equal(event.v_etl, 'millrace-0.0.0')
  assert.equal(event.etl_tstamp, '2024-01-01 00:00:00.000')
  assert.equal(event.collector_tstamp, '2023-11-14 22:13:20.123')
  assert.equal(event.user_ipaddress, '1.2.3.4')
  assert.equal(event.network_userid, 'n')
  assert.equal(event.useragent, 'A    B')
})

test('the tracker overrides the collector, and tnuid overrides nuid in any order', () => {
  const raw = testEvent({ tnuid: 't', nuid: 'n', ip: '9.9.9.9', ua: 'U', cv: 'c' }, { networkUserId: 'p' })
  const { event } = setupEvent(raw, source, coreDefaults)
  assert.deepEqual(
    [event.network_userid, event.user_ipaddress, event.useragent, event.v_collector],
    ['t', '9.9.9.9', 'U', 'c'],
  )
})

function idOf(index: number): string | null {
  return setupEvent(testEvent({}), { record: testRecord, index }, coreDefaults).event.event_id
}

test('an event without an id gets one that a replay gives again, and each event of a record its own', () => {
  assert.match(idOf(0) ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(idOf(0), idOf(0))
  assert.notEqual(idOf(0), idOf(1))
})

test('of two parameters for one column the winner does not depend on their order', () => {
  for (const parameters of [
    { se_ca: 'new', ev_ca: 'old', ti_nm: 'name', ti_na: 'alias' },
    { ti_na: 'alias', ti_nm: 'name', ev_ca: 'old', se_ca: 'new' },
  ]) {
    const { event } = setup(parameters)
    assert.deepEqual([event.se_category, event.ti_name], ['new', 'name'])
  }
  assert.equal(setup({ ev_ca: 'old', se_ca: null }).event.se_category, 'old')
})

test('JSON is decoded and handed on, the winner last', () => {
  const { jsons } = setup({ cx: 'eyJhIjoxfQ', co: '{"b":2}', ue_pr: '{}' })
  assert.deepEqual(
    jsons.filter(json => json.column === 'contexts').map(json => [json.parameter, json.text]),
    [
      ['co', '{"b":2}'],
      ['cx', '{"a":1}'],
    ],
  )
  assert.equal(jsons.find(json => json.column === 'unstruct_event')?.text, '{}')
})

test('every conversion that fails is reported, the others are done', () => {
  const { event, errors } = setup({ e: 'zz', vid: '1e3', tr_tt: 'x', res: '1x2', eid: 'no' })
  assert.deepEqual(errors.map(error => error.field).sort(), ['e', 'eid', 'tr_tt', 'vid'])
  assert.deepEqual([event.dvce_screenwidth, event.dvce_screenheight, event.event], [1, 2, null])
  assert.deepEqual(errors[0], {
    type: 'InputData',
    field: 'e',
    value: 'zz',
    expectation: 'not recognized as an event type',
  })
})

test('an event must have a collector time', () => {
  const { errors } = setupEvent(testEvent({}, { timestamp: null }), source, coreDefaults)
  assert.deepEqual(errors, [
    { type: 'InputData', field: 'collector_tstamp', value: null, expectation: 'should be set' },
  ])
})

test('parameters without a value and unknown ones are ignored', () => {
  const { event, errors } = setup({ vid: null, constructor: 'x', zzz: '1' })
  assert.deepEqual([event.domain_sessionidx, errors], [null, []])
})

test('headset is a platform since 4.0', () => {
  assert.equal(setup({ p: 'headset' }, later).event.platform, 'headset')
  assert.equal(setup({ p: 'headset' }).errors.length, 1)
})

test('whatever a tracker sends, no column holds a tab or a line break', () => {
  const names = fc.constantFrom(...parameterRules['4.2'].keys())
  const parameters = fc.dictionary(names, fc.string({ unit: 'binary' }))
  fc.assert(fc.property(parameters, sent => !/[\t\n\r]/.test(setup(sent).event.row.join(''))))
})
