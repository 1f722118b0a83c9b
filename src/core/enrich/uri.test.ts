import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Uri } from './java-uri.ts'
import { parseUri, portOf } from './uri.ts'

function parsed(text: string): Uri {
  const uri = parseUri(text)
  return 'error' in uri ? assert.fail(uri.error) : uri
}

function parts(text: string): unknown {
  const { scheme, host, port, path, query, fragment } = parsed(text)
  return [scheme, host, port, path, query, fragment]
}

test('an ordinary address falls into its parts, still encoded', () => {
  assert.deepEqual(parts('https://u:p@www.example.com:8443/a%20b/c;d?x=1&y=%2F#top'), [
    'https',
    'www.example.com',
    8443,
    '/a%20b/c;d',
    'x=1&y=%2F',
    'top',
  ])
})

test('a part without characters is null', () => {
  assert.deepEqual(parts('http://h?#'), ['http', 'h', null, null, null, null])
  assert.deepEqual(parts('/a'), [null, null, null, '/a', null, null])
  assert.deepEqual(parts(''), [null, null, null, null, null, null])
})

test('a host is a name that RFC 2396 allows, an IPv4 or an IPv6 address', () => {
  const hosts = {
    'http://a-b.c1.com./': 'a-b.c1.com.',
    'http://localhost:/': 'localhost',
    'http://123/': '123',
    'http://1.2.3.4:80/': '1.2.3.4',
    'http://[fe80::1%eth0]/': '[fe80::1%eth0]',
    'http://[::ffff:1.2.3.4]:80/': '[::ffff:1.2.3.4]',
    'http://ex_ample.com/': null,
    'http://-a.com/': null,
    'http://a-.com/': null,
    'http://a..com/': null,
    'http://a.1com/': null,
    'http://1.2.3.256/': null,
    'http://bücher.de/': null,
    'http://h:99999999999/': null,
  }
  for (const [text, host] of Object.entries(hosts)) assert.equal(parsed(text).host, host, text)
})

test('a port that is not written is 443 for https and 80 for all else', () => {
  assert.equal(portOf(parsed('https://h/')), 443)
  assert.equal(portOf(parsed('android-app://h/')), 80)
  assert.equal(portOf(parsed('/path')), 80)
  assert.equal(portOf(parsed('https://h:8443/')), 8443)
})

test('spaces are encoded, and that is the only change to what Java can read', () => {
  assert.equal(parsed('http://h/a b?c d#e f').text, 'http://h/a%20b?c%20d#e%20f')
  assert.equal(parsed('http://h/ü+!$?a=(b)').text, 'http://h/ü+!$?a=(b)')
})

test('what Java cannot read is encoded part by part', () => {
  assert.equal(parsed('http://h/${a}?b={c}&d#e#f').text, 'http://h/%24%7Ba%7D?b=%7Bc%7D&d#e%23f')
  assert.equal(parsed('http://h:8080/x|?a=b=c+d').text, 'http://h:8080/x%7C?a=b%3Dc+d')
  assert.equal(parsed('http://u:p@h/%zz%41😀').text, 'http://u:p@h/%25zzA%F0%9F%98%80')
})

test('an address that cannot be saved is refused with both reasons', () => {
  const uri = parseUri('http://')
  assert.ok('error' in uri)
  assert.match(
    uri.error,
    /^Provided URI \[http:\/\/\] could not be parsed, neither by Java parsing \(error: /,
  )
  assert.match(uri.error, /Expected authority at index 7: http:\/\//)
  for (const text of ['file://foo:{waaat}/', 'about:', 'http://a b|c/'])
    assert.ok('error' in parseUri(text), text)
})

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...Array.from('ht:/?#[]@%&=. a1-_|{é\t\n"\u007f')) }),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
)

test('whatever is sent, parsing gives parts or a reason', () => {
  fc.assert(fc.property(hostile, text => typeof parseUri(text) === 'object'))
})

test('no part of a URI holds a tab, a line break or a space', () => {
  fc.assert(
    fc.property(hostile, text => {
      const uri = parseUri(text)
      return 'error' in uri || !/[\t\n\r ]/.test(Object.values(uri).join(''))
    }),
  )
})

test('a parsed URI parses to itself', () => {
  fc.assert(
    fc.property(hostile, text => {
      const uri = parseUri(text)
      if (!('error' in uri)) assert.deepEqual(parsed(uri.text), uri)
    }),
  )
})

test('parts agree with those of the WHATWG parser where the address is clean', () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), text => {
      const uri = parsed(text)
      const url = new URL(text)
      if (uri.host !== null) assert.equal(uri.host.toLowerCase(), url.hostname)
      assert.equal(uri.scheme, url.protocol.slice(0, -1))
    }),
  )
})

const patterns: readonly ((length: number) => string)[] = [
  n => `http://${'a-'.repeat(n)}`,
  n => `http://${'a.'.repeat(n)}1`,
  n => `http://h/${'%'.repeat(n)}`,
  n => `http://${':@'.repeat(n)}|`,
  n => `http://${'[:'.repeat(n)}`,
  n => `http://h/|${'#&=?'.repeat(n)}`,
  n => `${'a+'.repeat(n)}|`,
]

test('time grows no faster than the address', () => {
  for (const pattern of patterns) {
    const text = pattern(200_000)
    const start = performance.now()
    parseUri(text)
    // Linear time takes some 20 ms; quadratic time would take minutes.
    assert.ok(performance.now() - start < 2000, text.slice(0, 20))
  }
})
