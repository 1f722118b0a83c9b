import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Columns } from '../columns.ts'
import type { DerivedContext } from '../event.ts'
import { AddressSet } from './address-set.ts'
import { addressBytes } from './address-bytes.ts'
import { botDetection } from './bot-detection.ts'
import { iabSpidersAndRobots } from './iab.ts'
import { create, created, enrich } from './test-enrich.ts'
import { noServices, servicesWith } from './test-services.ts'

const files = {
  'http://iab/ips.txt': '# addresses\r\n192.0.2.1\r\n198.51.100.0/24\n2001:db8::/32\n',
  'http://iab/include.txt': '# browsers\nMozilla|1|1\nOld Browser|0|0|03/30/2017\nNever|0|0\n',
  'http://iab/exclude.txt':
    '# robots\nbot|1|cubot, robottle|1|2|0\nPast Spider|1||0|1|0|01/15/2020\nmozilla/0|0||0|0|1|\n',
}

const parameters = {
  ipFile: { uri: 'http://iab', database: 'ips.txt' },
  includeUseragentFile: { uri: 'http://iab', database: 'include.txt' },
  excludeUseragentFile: { uri: 'http://iab', database: 'exclude.txt' },
}

async function verdict(values: Partial<Columns>, more: Record<string, unknown> = {}, version = '1-0-1') {
  const kind = { kind: iabSpidersAndRobots, services: servicesWith(files), version }
  const enrichment = await created(kind, { ...parameters, ...more })
  const event = { useragent: 'Mozilla/5.0', derived_tstamp: '2024-01-01 00:00:00.000', ...values }
  const [context] = (await enrich(enrichment, event)).contexts
  return context === undefined ? null : Object.values({ ...(context.data as object) }).slice(1)
}

const passed = ['BROWSER', 'PASSED_ALL', 'NONE']

test('an address on the list is a robot’s, its network’s too', async () => {
  const excluded = ['SPIDER_OR_ROBOT', 'FAILED_IP_EXCLUDE', 'UNKNOWN']
  for (const user_ipaddress of ['192.0.2.1', '198.51.100.77', '2001:db8:1::1', '[192.0.2.1]:80'])
    assert.deepEqual(await verdict({ user_ipaddress }), excluded, user_ipaddress)
  for (const user_ipaddress of ['192.0.2.2', '198.51.101.1', '2001:db9::1'])
    assert.deepEqual(await verdict({ user_ipaddress }), passed, user_ipaddress)
})

test('what is no known browser is a robot, and a record counts until its date', async () => {
  const failed = ['SPIDER_OR_ROBOT', 'FAILED_UA_INCLUDE', 'UNKNOWN']
  assert.deepEqual(await verdict({ useragent: 'curl Mozilla' }), failed)
  assert.deepEqual(await verdict({ useragent: 'Never' }), failed)
  const old = { useragent: 'An OLD browser' }
  assert.deepEqual(await verdict({ ...old, derived_tstamp: '2017-03-29 23:59:59.999' }), passed)
  assert.deepEqual(await verdict({ ...old, derived_tstamp: '2017-03-30 00:00:00.000' }), failed)
})

test('a known robot is told with its impact, but for its exceptions', async () => {
  const category = ['ACTIVE_SPIDER_OR_ROBOT', 'FAILED_UA_EXCLUDE', 'PAGE_AND_AD_IMPRESSIONS']
  assert.deepEqual(await verdict({ useragent: 'Mozilla/5.0 GoogleBot' }), category)
  assert.deepEqual(await verdict({ useragent: 'Mozilla/5.0 CUBOT' }), passed)
  assert.deepEqual(await verdict({ useragent: 'Mozilla/0' }), passed)
})

test('a robot is inactive from its date on', async () => {
  const useragent = 'Mozilla past spider'
  const before = await verdict({ useragent, derived_tstamp: '2020-01-14 23:59:59.999' })
  assert.deepEqual(before, ['ACTIVE_SPIDER_OR_ROBOT', 'FAILED_UA_EXCLUDE', 'AD_IMPRESSIONS'])
  const after = await verdict({ useragent, derived_tstamp: '2020-01-15 00:00:00.000' })
  assert.deepEqual(after, ['INACTIVE_SPIDER_OR_ROBOT', 'FAILED_UA_EXCLUDE', 'AD_IMPRESSIONS'])
})

test("one's own lists count before those of the IAB", async () => {
  const lists = { includeUseragents: ['My-Bot'], excludeUseragents: ['5.0'] }
  assert.deepEqual(await verdict({ useragent: 'my-bot 5.0', user_ipaddress: '192.0.2.1' }, lists), passed)
  assert.deepEqual(await verdict({}, lists), ['SPIDER_OR_ROBOT', 'FAILED_UA_EXCLUDE', 'UNKNOWN'])
})

test('without an address, only configurations since 1-0-1 say something', async () => {
  for (const user_ipaddress of [null, 'localhost', 'invalid']) {
    assert.deepEqual(await verdict({ user_ipaddress }), passed)
    assert.equal(await verdict({ user_ipaddress }, {}, '1-0-0'), null)
  }
  const address = { user_ipaddress: '192.0.2.9' }
  assert.deepEqual(await verdict(address, {}, '1-0-0'), passed)
  for (const missing of [{ useragent: null }, { useragent: ' ' }, { derived_tstamp: null }])
    assert.equal(await verdict({ ...address, ...missing }), null)
})

test('files that are something else are refused', async () => {
  for (const [name, text] of [
    ['ips.txt', '<html>'],
    ['ips.txt', '1.2.3.4/33'],
    ['include.txt', 'Mozilla'],
    ['exclude.txt', 'a|1|1'],
    ['exclude.txt', '|1||0|1|0'],
  ] as const) {
    const services = servicesWith({ ...files, [`http://iab/${name}`]: text })
    await assert.rejects(create({ kind: iabSpidersAndRobots, services }, parameters), RangeError, text)
  }
})

test('the whole of the addresses may be on a list', () => {
  const all = new AddressSet(['0.0.0.0/0'])
  assert.equal(all.has(addressBytes('203.0.113.9') ?? new Uint8Array(4)), true)
  assert.equal(all.has(addressBytes('::1') ?? new Uint8Array(16)), false)
})

const client = (bot: boolean) =>
  JSON.stringify({
    data: [
      {
        schema: 'iglu:com.snowplowanalytics.snowplow/client_side_bot_detection/jsonschema/1-0-0',
        data: { bot },
      },
    ],
  })
const yauaa = (deviceClass: string) => ({
  schema: 'iglu:nl.basjes/yauaa_context/jsonschema/1-0-4',
  data: { deviceClass },
})
const iab = (spiderOrRobot: boolean) => ({
  schema: 'iglu:com.iab.snowplow/spiders_and_robots/jsonschema/1-0-0',
  data: { spiderOrRobot },
})
const asn = {
  schema: 'iglu:com.snowplowanalytics.snowplow/asn/jsonschema/1-0-1',
  data: { number: 1, likelyBot: true },
}

async function told(
  flags: Readonly<Record<string, boolean>>,
  contexts: string | null,
  attached: readonly DerivedContext[],
): Promise<unknown[]> {
  const enrichment = await created({ kind: botDetection, services: noServices }, flags)
  const result = await enrich(enrichment, { contexts }, attached)
  return result.contexts.map(({ data }) => data)
}

test('a bot is told by whatever tells it, and only by what is asked', async () => {
  const all = { useYauaa: true, useIab: true, useAsnLookups: true, useClientSideDetection: true }
  assert.deepEqual(await told(all, client(true), [asn, yauaa('Robot Mobile'), iab(true)]), [
    { bot: true, indicators: ['yauaa', 'iab', 'asnLookups', 'clientSideDetection'] },
  ])
  const none = [{ bot: false, indicators: [] }]
  assert.deepEqual(await told(all, client(false), [yauaa('Desktop'), iab(false)]), none)
  assert.deepEqual(await told(all, null, []), none)
  const onlyIab = await told({ useIab: true }, client(true), [asn, iab(true)])
  assert.deepEqual(onlyIab, [{ bot: true, indicators: ['iab'] }])
})
