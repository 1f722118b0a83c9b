import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anonymizeIp, parseAnonIp } from './anon-ip.ts'

test('the last numbers of an IPv4 address are hidden', () => {
  assert.equal(anonymizeIp('94.15.223.151', { octets: 1, segments: 1 }), '94.15.223.x')
  assert.equal(anonymizeIp('94.15.223.151', { octets: 4, segments: 1 }), 'x.x.x.x')
})

test('an IPv6 address is written out before its last groups are hidden', () => {
  assert.equal(anonymizeIp('4b0c::4411', { octets: 1, segments: 2 }), '4b0c:0:0:0:0:0:x:x')
  assert.equal(anonymizeIp('::', { octets: 1, segments: 8 }), 'x:x:x:x:x:x:x:x')
})

test('an IPv4 address in the clothes of IPv6 keeps its prefix', () => {
  assert.equal(anonymizeIp('::FFFF:1.2.3.4', { octets: 2, segments: 4 }), '::FFFF:1.2.x.x')
  assert.equal(anonymizeIp('0:0:0:0:0:ffff:1.2.3.4', { octets: 4, segments: 4 }), '0:0:0:0:0:ffff:x.x.x.x')
})

test('a port or a zone does not save an address from being hidden', () => {
  assert.equal(anonymizeIp('1.2.3.4:8080', { octets: 1, segments: 1 }), '1.2.3.x')
  assert.equal(anonymizeIp('[2605::1]:80', { octets: 1, segments: 1 }), '2605:0:0:0:0:0:0:x')
  assert.equal(anonymizeIp('fe80::1%eth0', { octets: 1, segments: 7 }), 'fe80:x:x:x:x:x:x:x')
})

test('the end of every IPv6 address is hidden', () => {
  fc.assert(
    fc.property(fc.ipV6(), address => /:x$|\.x$/.test(anonymizeIp(address, { octets: 1, segments: 1 }))),
  )
})

test('segments are as many as octets unless they are given; all that is wrong is said', () => {
  assert.deepEqual(parseAnonIp({ anonOctets: 2 }), { octets: 2, segments: 2 })
  assert.deepEqual(parseAnonIp({ anonOctets: 2, anonSegments: 8 }), { octets: 2, segments: 8 })
  assert.deepEqual(parseAnonIp({ anonOctets: 2.5, anonSegments: 9 }), {
    errors: ['anonOctets must be 1, 2, 3 or 4', 'anonSegments must be a whole number from 1 to 8'],
  })
})
