import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columns } from '../columns.ts'
import { EnrichedEvent } from '../event.ts'
import { coreDefaults } from '../options.ts'
import { conversionViolations, lengthViolation } from './atomic-violation.ts'
import { findTooLong, lengthFailures, lengthLimits } from './lengths.ts'

function longEvent(): EnrichedEvent {
  const event = new EnrichedEvent()
  event.v_tracker = 'v'.repeat(101)
  event.mkt_clickid = 'c'.repeat(129)
  event.contexts = 'x'.repeat(100_000)
  return event
}

const later = { ...coreDefaults, compatibility: '4.2' } as const
const names = (limits: readonly { column: string }[]) => limits.map(({ column }) => column)

test('84 columns have a limit', () => {
  assert.equal(lengthLimits(coreDefaults).length, columns.filter(([, , limit]) => limit !== undefined).length)
  assert.equal(lengthLimits(coreDefaults).length, 84)
})

test('texts at their limit pass, longer ones do not; 4.0 raised some limits', () => {
  assert.deepEqual(names(findTooLong(longEvent(), lengthLimits(coreDefaults))), ['v_tracker', 'mkt_clickid'])
  assert.deepEqual(names(findTooLong(longEvent(), lengthLimits(later))), ['v_tracker'])
  const event = new EnrichedEvent()
  event.v_tracker = 'v'.repeat(100)
  assert.deepEqual(findTooLong(event, lengthLimits(coreDefaults)), [])
})

test('a configured limit stands above the standard one, on any column', () => {
  const limits = lengthLimits({ ...coreDefaults, atomicFieldsLimits: { v_tracker: 200, contexts: 10 } })
  assert.deepEqual(names(findTooLong(longEvent(), limits)), ['contexts', 'mkt_clickid'])
})

test('3.9 reports a headline and one message for each column', () => {
  const tooLong = findTooLong(longEvent(), lengthLimits(later))
  assert.deepEqual(
    lengthFailures(tooLong).map(({ message }) => (message.type === 'Simple' ? message.error : '')),
    [
      "Enriched event does not conform to atomic schema field's length restrictions",
      'Field v_tracker longer than maximum allowed size 100',
    ],
  )
  assert.deepEqual(lengthFailures([]), [])
})

test('4.2 reports one violation of the atomic schema, with the start of each value', () => {
  const event = longEvent()
  const violation = JSON.stringify(lengthViolation(event, findTooLong(event, lengthLimits(later))))
  assert.match(violation, /atomic\/jsonschema\/1-0-0.*"Field is longer than maximum allowed size 100"/)
  const conversion = { type: 'InputData', field: 'vid', value: 'x', expectation: 'no' } as const
  assert.equal(conversionViolations([conversion, conversion]).length, 1)
  assert.deepEqual(conversionViolations([]), [])
})
