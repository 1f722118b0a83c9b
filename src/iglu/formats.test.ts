import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formats } from './formats.ts'

function verdicts(format: string, accepted: readonly string[], refused: readonly string[]): void {
  const accepts = formats.get(format)
  assert.ok(accepts)
  for (const text of accepted) assert.ok(accepts(text), `${format} refuses ${text}`)
  for (const text of refused) assert.ok(!accepts(text), `${format} accepts ${text}`)
}

test('date-time is RFC 3339, with an offset', () => {
  verdicts(
    'date-time',
    [
      '2023-01-31T23:59:59Z',
      '2023-01-01t00:00:00.123456789+05:30',
      '2023-01-01 00:00:00Z',
      '2016-12-31T23:59:60Z',
    ],
    [
      '2023-02-30T00:00:00Z',
      '2023-01-01T24:00:00Z',
      '2023-01-01T00:00:00',
      '2023-01-01',
      '2023-1-1T00:00:00Z',
      '',
    ],
  )
})

test('date is a day that exists', () => {
  verdicts('date', ['2024-02-29'], ['2023-02-29', '2023-2-1', '01-01-2023'])
})

test('uuid has dashes and no prefix', () => {
  verdicts(
    'uuid',
    ['5af2c0a0-6a5b-4b0a-9d2e-0123456789AB'],
    ['urn:uuid:5af2c0a0-6a5b-4b0a-9d2e-0123456789ab', '5af2c0a06a5b4b0a9d2e0123456789ab', ''],
  )
})

test('uri has a scheme, and only the characters of RFC 3986', () => {
  verdicts(
    'uri',
    [
      'http://user:word@example.com:8080/a/b?c=d#e?f',
      'http://[::1]/',
      'mailto:a@example.com',
      'http:',
      'http://example.com/100%',
      'iglu:com.acme/a/jsonschema/1-0-0',
    ],
    [
      'example.com/a',
      '//example.com',
      'http://example.com/{id}',
      'http://exämple.com',
      'http://a b',
      'http://a/#b#c',
      '',
    ],
  )
})

test('a long text is judged quickly', () => {
  const started = performance.now()
  for (const [name, accepts] of formats) {
    for (const part of ['a', 'a.', 'a:', '1:', 'a@', '1 ', '-']) {
      const text = part.repeat(200_000)
      assert.equal(typeof accepts(`http://${text}|`), 'boolean', name)
      assert.equal(typeof accepts(`${text}|`), 'boolean', name)
    }
  }
  assert.ok(performance.now() - started < 5000)
})

test('addresses', () => {
  verdicts('ipv4', ['127.0.0.1', '255.255.255.255'], ['1.2.3', '256.1.1.1', '01.1.1.1', '1.2.3.4.5'])
  verdicts('ipv6', ['::1', '2001:db8::ff00:42:8329'], ['1.2.3.4', 'fe80::1%eth0', ':::1', ' ::1'])
  verdicts('hostname', ['localhost', 'a-b.example.com'], ['-a.com', 'a..b', 'a_b', ''])
  verdicts('email', ['a@example.com', 'a.b+c@example.co.uk'], ['a', 'a@', '@b.com', 'a b@c.de'])
})
