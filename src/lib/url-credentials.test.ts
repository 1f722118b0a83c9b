import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutCredentials } from './url-credentials.ts'

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`

test('a name and a password go from the URL into a header', () => {
  const { url, authorization } = withoutCredentials(new URL('http://me:p%40ss@host/a?b'))
  assert.deepEqual([url.href, authorization], ['http://host/a?b', basic('me:p@ss')])
  assert.equal(withoutCredentials(new URL('http://host/a')).authorization, undefined)
})

test('a percent sign that begins no code stands for itself', () => {
  for (const pair of ['me:100%', '%zz:x', '%:%ff'])
    assert.equal(withoutCredentials(new URL(`http://${pair}@host/`)).authorization, basic(pair))
})
