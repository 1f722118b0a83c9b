import assert from 'node:assert/strict'
import { test } from 'node:test'
import { userAgentContext } from './context.ts'
import { readRules } from './rules.ts'

const rules = readRules(`
user_agent_parsers:
  - regex: '(Fox)/(\\d+)(?:\\.(\\d+))?(?:\\.(\\d+))?'
os_parsers:
  - regex: '(Tux) (\\d+)(?:\\.(\\d+))?(?:\\.(\\d+))?(?:\\.(\\d+))?'
device_parsers:
  - regex: 'on (\\w+)'
`)

const of = (text: string) => userAgentContext(rules, text).data as Readonly<Record<string, unknown>>

test('browser, system and device are told by name, by number and as one text', () => {
  assert.deepEqual(userAgentContext(rules, 'Fox/1.2.3 Tux 4.5.6.7 on Slab'), {
    schema: 'iglu:com.snowplowanalytics.snowplow/ua_parser_context/jsonschema/1-0-0',
    data: {
      useragentFamily: 'Fox',
      useragentMajor: '1',
      useragentMinor: '2',
      useragentPatch: '3',
      useragentVersion: 'Fox 1.2.3',
      osFamily: 'Tux',
      osMajor: '4',
      osMinor: '5',
      osPatch: '6',
      osPatchMinor: '7',
      osVersion: 'Tux 4.5.6.7',
      deviceFamily: 'Slab',
    },
  })
})

test('a number that is missing is null, and leaves no dot', () => {
  const { useragentMinor, useragentPatch, useragentVersion, osVersion } = of('Fox/1 Tux 4.5')
  assert.deepEqual(
    [useragentMinor, useragentPatch, useragentVersion, osVersion],
    [null, null, 'Fox 1', 'Tux 4.5'],
  )
})

test('what no rule knows is Other, without numbers', () => {
  const { useragentFamily, useragentMajor, useragentVersion, osFamily, osVersion, deviceFamily } = of('?')
  assert.deepEqual(
    [useragentFamily, useragentMajor, useragentVersion, osFamily, osVersion, deviceFamily],
    ['Other', null, 'Other', 'Other', 'Other', 'Other'],
  )
})
