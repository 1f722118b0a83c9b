import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RawEvent } from '../../event.ts'
import { coreDefaults } from '../../options.ts'
import { completeSchemas } from '../adapter-schemas.ts'
import { adapt } from '../registry.ts'
import { failuresOf, request, schemas } from '../test-payloads.ts'

/* The names and values of a line's columns, in their order. Source: CloudFront's own guide, and Enrich 3.9.0. */
const columns = [
  ['date', '2013-10-07'],
  ['time', '23:35:30'],
  ['xEdgeLocation', 'LHR5'],
  ['scBytes', '100'],
  ['cIp', '192.0.2.1'],
  ['csMethod', 'GET'],
  ['csHost', 'd1.example.net'],
  ['csUriStem', '/x'],
  ['scStatus', '200'],
  ['csReferer', 'http://example.com/a'],
  ['csUserAgent', 'curl/8'],
  ['csUriQuery', 'a=b'],
  ['csCookie', 'c=d'],
  ['xEdgeResultType', 'Hit'],
  ['xEdgeRequestId', 'id=='],
  ['xHostHeader', 'www.example.com'],
  ['csProtocol', 'https'],
  ['csBytes', '90'],
  ['timeTaken', '0.001'],
  ['xForwardedFor', '198.51.100.7'],
  ['sslProtocol', 'TLSv1.2'],
  ['sslCipher', 'AES128'],
  ['xEdgeResponseResultType', 'Miss'],
  ['csProtocolVersion', 'HTTP/2.0'],
  ['fleStatus', 'Processed'],
  ['fleEncryptedFields', '3'],
] as const
type Column = (typeof columns)[number][0]

/** A line of so many columns; beyond those that are known, columns of today's logs that no schema has. */
function lineOf(count: number, changes: Partial<Record<Column, string>> = {}): string {
  const values = columns.map(([name, value]) => changes[name] ?? value)
  return [...values, ...Array.from({ length: 10 }, () => '-')].slice(0, count).join('\t')
}

const logOf = (body: string | null) => request('com.amazon.aws.cloudfront/wd_access_log', { body })

async function eventOf(line: string): Promise<RawEvent> {
  const { events, rows } = await adapt(logOf(line), { schemas })
  const [event, ...others] = events
  assert.deepEqual([rows, others], [[], []])
  assert.ok(event !== undefined)
  return event
}

interface Described {
  readonly schema: string
  readonly data: Readonly<Record<string, unknown>>
}

function describedIn({ parameters }: RawEvent): Described {
  const { data } = JSON.parse(parameters.get('ue_pr') ?? '') as { readonly data: Described }
  return data
}

const dataOf = async (line: string) => describedIn(await eventOf(line)).data

const failure = (field: string, value: string | null, expectation: string) => ({
  type: 'InputData',
  field,
  value,
  expectation,
})

const versions = { 12: 0, 15: 1, 18: 2, 19: 3, 23: 4, 24: 5, 26: 6 }

/** The first two columns are one name, three are numbers. */
const read: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['dateTime', '2013-10-07T23:35:30Z'],
  ...columns.slice(2),
  ['scBytes', 100],
  ['csBytes', 90],
  ['timeTaken', 0.001],
])

for (const [count, patch] of Object.entries(versions)) {
  test(`a line of ${count} columns is of version 1-0-${patch}, and has its columns by name`, async () => {
    const { schema, data } = describedIn(await eventOf(lineOf(Number(count))))
    assert.equal(schema, `iglu:com.amazon.aws.cloudfront/wd_access_log/jsonschema/1-0-${patch}`)
    assert.deepEqual(Object.entries(data), [...read].slice(0, Number(count) - 1))
  })
}

test('a line of any other number of columns is a failure that says how many it has', async () => {
  const counts = Array.from({ length: 36 }, (_, index) => index + 1).filter(count => !(count in versions))
  for (const count of counts) {
    const line = lineOf(count)
    const complaint = `access log contained ${count} fields, expected 12, 15, 18, 19, 23, 24 or 26`
    assert.deepEqual(await failuresOf(logOf(line)), [failure('body', line, complaint)])
  }
})

test('a heading of the log is one column, no body is none', async () => {
  const heading = '#Version: 1.0'
  const complaint = 'access log contained 1 fields, expected 12, 15, 18, 19, 23, 24 or 26'
  assert.deepEqual(await failuresOf(logOf(heading)), [failure('body', heading, complaint)])
  assert.deepEqual(await failuresOf(logOf(null)), [failure('body', null, 'empty body')])
})

test('who asked and when is what the log says, not what brought the log', async () => {
  const headers = ['User-Agent: shipper']
  const brought = { headers, ipAddress: '10.0.0.1', useragent: 'shipper', timestamp: 1, networkUserId: 'n' }
  const payload = { ...logOf(lineOf(26)), ...brought, refererUri: 'http://shipper.example' }
  const [event] = (await adapt(payload, { schemas })).events
  assert.deepEqual(event?.payload, {
    ...payload,
    timestamp: Date.UTC(2013, 9, 7, 23, 35, 30),
    ipAddress: '192.0.2.1',
    useragent: 'curl/8',
    refererUri: null,
    headers: [],
    networkUserId: null,
  })
  const { ue_pr, ...others } = Object.fromEntries(event.parameters)
  assert.ok(typeof ue_pr === 'string')
  assert.deepEqual(others, {
    tv: 'com.amazon.aws.cloudfront/wd_access_log',
    e: 'ue',
    p: 'srv',
    url: 'http://example.com/a',
  })
})

test('an empty column is null, wherever it is', async () => {
  for (const [name] of columns.slice(2)) {
    const event = await eventOf(lineOf(26, { [name]: '' }))
    assert.equal(describedIn(event).data[name], null, name)
    if (name === 'cIp') assert.equal(event.payload.ipAddress, null)
    if (name === 'csUserAgent') assert.equal(event.payload.useragent, null)
    if (name === 'csReferer') assert.equal(event.parameters.get('url'), undefined)
  }
})

test('a dash is what the log says', async () => {
  const { csReferer, csUserAgent, csUriQuery } = await dataOf(
    lineOf(26, { csReferer: '-', csUserAgent: '-', csUriQuery: '-' }),
  )
  assert.deepEqual([csReferer, csUserAgent, csUriQuery], ['-', '-', '-'])
})

test('what was encoded twice is decoded twice in the data, once for the event', async () => {
  const csUserAgent = 'Mozilla/5.0%2520(X11;%2520Linux)%2Bx'
  const event = await eventOf(lineOf(12, { csUserAgent }))
  assert.equal(describedIn(event).data['csUserAgent'], 'Mozilla/5.0 (X11; Linux)+x')
  assert.equal(event.payload.useragent, 'Mozilla/5.0%20(X11;%20Linux)%2Bx')
})

test('what was encoded once is decoded as well', async () => {
  const event = await eventOf(lineOf(12, { csUserAgent: 'Mozilla/5.0%20(X11)+%C3%A9' }))
  assert.equal(describedIn(event).data['csUserAgent'], 'Mozilla/5.0 (X11) é')
  assert.equal(event.payload.useragent, 'Mozilla/5.0%20(X11)+%C3%A9')
})

test('the referer is decoded in the data, and is the address of the page as it was written', async () => {
  const csReferer = 'http://example.com/%25C3%25A9?q=%2520x'
  const event = await eventOf(lineOf(12, { csReferer }))
  assert.equal(describedIn(event).data['csReferer'], 'http://example.com/é?q= x')
  assert.equal(event.parameters.get('url'), csReferer)
})

test('a querystring stays encoded once', async () => {
  const { csUriQuery } = await dataOf(lineOf(12, { csUriQuery: 'q=%2520a%20b+c&d=%25' }))
  assert.equal(csUriQuery, 'q=%20a%20b+c&d=%25')
})

test('any other column is taken as it is', async () => {
  const { csUriStem, csCookie, scStatus } = await dataOf(
    lineOf(15, { csUriStem: '/%2520a+b', csCookie: 'a=%2520"', scStatus: '000' }),
  )
  assert.deepEqual([csUriStem, csCookie, scStatus], ['/%2520a+b', 'a=%2520"', '000'])
})

test('an escape that is none is a failure of its column', async () => {
  const decoding = 'exception URL-decoding (encoding UTF-8): URLDecoder: '
  const hex = `${decoding}Illegal hex characters in escape (%) pattern - For input string: "zz"`
  const incomplete = `${decoding}Incomplete trailing escape (%) pattern`
  assert.deepEqual(await failuresOf(logOf(lineOf(12, { csReferer: 'http://a/%zz', csUserAgent: 'x%2' }))), [
    failure('csUserAgent', 'x%2', incomplete),
    failure('csReferer', 'http://a/%zz', hex),
  ])
})

test('bytes are 32-bit integers, the time is a number', async () => {
  const { scBytes, csBytes, timeTaken } = await dataOf(
    lineOf(23, { scBytes: '2147483647', csBytes: '0', timeTaken: '12.5' }),
  )
  assert.deepEqual([scBytes, csBytes, timeTaken], [2147483647, 0, 12.5])
  for (const scBytes of ['-', '1.5', '2147483648', 'x'])
    assert.deepEqual(await failuresOf(logOf(lineOf(12, { scBytes }))), [
      failure('scBytes', scBytes, 'cannot be converted to Int'),
    ])
  assert.deepEqual(await failuresOf(logOf(lineOf(23, { csBytes: 'y', timeTaken: 'fast' }))), [
    failure('timeTaken', 'fast', 'cannot be converted to Double'),
    failure('csBytes', 'y', 'cannot be converted to Int'),
  ])
})

test('a date and a time that are none are told first, with all else that is wrong', async () => {
  const wrong = [
    ['2013-10-32', '23:35:30'],
    ['2013-02-29', '00:00:00'],
    ['2013-10-07', '24:00:00'],
    ['2013-10-07', 'x'],
    ['', '23:35:30'],
  ] as const
  for (const [date, time] of wrong) {
    const failures = await failuresOf(logOf(lineOf(12, { date, time, scBytes: 'x' })))
    assert.deepEqual(failures, [
      failure(
        'dateTime',
        `${date} ${time}`,
        `could not convert access log timestamp: Invalid format: "${date}T${time}+00:00"`,
      ),
      failure('scBytes', 'x', 'cannot be converted to Int'),
    ])
  }
  const leap = await eventOf(lineOf(12, { date: '2016-02-29', time: '23:59:59' }))
  assert.equal(leap.payload.timestamp, Date.UTC(2016, 1, 29, 23, 59, 59))
})

test('schemas of one’s own are chosen by the number of columns too', async () => {
  const uri = 'iglu:com.acme/log/jsonschema/1-0-0'
  const adaptersSchemas = completeSchemas({ cloudfrontAccessLog: { with_15_fields: uri } })
  const schemaOf = async (count: number) => {
    const adapted = await adapt(logOf(lineOf(count)), {
      schemas,
      options: { ...coreDefaults, adaptersSchemas },
    })
    return adapted.events.map(event => describedIn(event).schema)
  }
  assert.deepEqual(await schemaOf(15), [uri])
  assert.deepEqual(await schemaOf(18), ['iglu:com.amazon.aws.cloudfront/wd_access_log/jsonschema/1-0-2'])
})
