import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientIpOf } from './client-ip.ts'

const peer = '255.255.255.255'

test('without a header that names one, the address is the peer’s', () => {
  assert.equal(clientIpOf([], peer), peer)
  assert.equal(clientIpOf(['Host: x', 'X-Forwarded-For: unknown', 'Forwarded: for=_gazonk'], peer), peer)
  assert.equal(clientIpOf([], null), null)
})

test('the first address of X-Forwarded-For counts, whatever its case and its port', () => {
  assert.equal(clientIpOf(['Host: x', 'x-FoRwArDeD-fOr: 1.2.3.4:80, 5.6.7.8', 'Accept: y'], peer), '1.2.3.4')
})

test('Forwarded counts wherever it stands', () => {
  const forwarded = 'Forwarded: for="[2001:DB8:cafe::17]:4711", for=1.2.3.4'
  assert.equal(clientIpOf([forwarded], peer), '2001:db8:cafe::17')
  assert.equal(clientIpOf([forwarded, 'Host: x', 'X-Real-Ip: 9.9.9.9'], peer), '2001:db8:cafe::17')
})

test('X-Forwarded-For counts before Forwarded', () => {
  assert.equal(clientIpOf(['Forwarded: for=1.1.1.1', 'X-Forwarded-For: 2.2.2.2'], peer), '2.2.2.2')
  assert.equal(clientIpOf(['Forwarded: for=1.1.1.1', 'X-Forwarded-For: unknown'], peer), '1.1.1.1')
})

test('a word of hex digits is no address', () => {
  assert.equal(clientIpOf(['X-Forwarded-For: facade'], peer), peer)
})
