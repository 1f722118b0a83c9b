import assert from 'node:assert/strict'
import { test } from 'node:test'
import { extractCookies } from './cookie-extractor.ts'
import { readCrossNavigation } from './cross-navigation.ts'
import { extractHeaders, matcher } from './http-header-extractor.ts'

test('cookies are found whatever the case of their header, and keep their quotes to themselves', () => {
  const cookies = extractCookies(['cookie: a=1; b = "2=3" ;c;d', 'Accept: a=4'], new Set(['a', 'b', 'c']))
  assert.deepEqual(
    cookies.map(({ data }) => data),
    [
      { name: 'a', value: '1' },
      { name: 'b', value: '2=3' },
      { name: 'c', value: null },
    ],
  )
  const schemas = new Set(cookies.map(({ schema }) => schema))
  assert.deepEqual([...schemas], ['iglu:org.ietf/http_cookie/jsonschema/1-0-0'])
})

test('a header is attached when the pattern matches its whole name', () => {
  const isWanted = matcher('(?i)x-.*|Host')
  assert.ok(isWanted)
  const headers = extractHeaders(['X-A:  1 ', 'Host: h:80', 'Hosts: no', 'no colon'], isWanted)
  assert.deepEqual(
    headers.map(({ data }) => data),
    [
      { name: 'X-A', value: '1' },
      { name: 'Host', value: 'h:80' },
    ],
  )
  const schemas = new Set(headers.map(({ schema }) => schema))
  assert.deepEqual([...schemas], ['iglu:org.ietf/http_header/jsonschema/1-0-0'])
  assert.equal(matcher('('), undefined)
})

test('a link says who came, when, and from where', () => {
  const sent = 'u1.1700000000123.6b8f1b1e-3b1d-4c5f-9a55-0c1b8f9f1a11.dXNlcg.c3Jj.web.'
  assert.deepEqual(readCrossNavigation(sent)?.data, {
    domain_user_id: 'u1',
    timestamp: '2023-11-14T22:13:20.123Z',
    session_id: '6b8f1b1e-3b1d-4c5f-9a55-0c1b8f9f1a11',
    user_id: 'user',
    source_id: 'src',
    source_platform: 'web',
    reason: null,
  })
  assert.deepEqual(
    readCrossNavigation('u1.1700000000123')?.schema,
    'iglu:com.snowplowanalytics.snowplow/cross_navigation/jsonschema/1-0-0',
  )
  assert.equal(readCrossNavigation('u1'), undefined)
  assert.equal(readCrossNavigation('u1.x'), undefined)
  assert.equal(readCrossNavigation(undefined), undefined)
})
