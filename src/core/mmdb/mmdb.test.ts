import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { MmdbDatabase, MmdbLookup } from './index.ts'
import { testDatabase, testValue } from './test-database.ts'

const shared = process.env.MILLRACE_SHARED ?? resolve(import.meta.dirname, '../../../../shared')
const folder = join(shared, 'mmdb')
const skip = existsSync(folder) ? false : `there are no test databases at ${folder}`
const open = (name: string) => new MmdbDatabase(readFileSync(join(folder, `${name}.mmdb`)))

const anywhere = Uint8Array.of(1, 2, 3, 4)

test('a database says what it holds of an address', { skip }, () => {
  const city = open('GeoIP2-City-Test')
  const offset = city.find(Uint8Array.of(81, 2, 69, 142))
  assert.ok(offset !== null)
  assert.deepEqual(
    JSON.parse(JSON.stringify(city.read(offset, { city: { names: { en: true, ja: true } } }))),
    {
      city: { names: { en: 'London', ja: 'ロンドン' } },
    },
  )
  assert.equal(city.find(Uint8Array.of(127, 0, 0, 1)), null)
})

test('an address of IPv6 is found, but not where there are only those of IPv4', { skip }, () => {
  const address = Uint8Array.from({ length: 16 }, (_, at) => [0x2c, 0x0f, 0xff, 0xfc][at] ?? 0)
  assert.notEqual(open('GeoIP2-ISP-Test').find(address), null)
  assert.equal(new MmdbDatabase(testDatabase('a', { ipVersion: 4 })).find(address), null)
})

test('a file that is broken is refused, and why is told', { skip }, () => {
  assert.throws(() => open('GeoIP2-City-Test-Broken-Double-Format'), /a value of type 3 has 5 bytes/)
  assert.throws(() => open('GeoIP2-City-Test-Invalid-Node-Count'), /too short for the 100000 nodes/)
})

test('what is no database is refused', () => {
  assert.throws(() => new MmdbDatabase(Buffer.from('<html>not found</html>')), /no MaxMind DB file/)
  assert.throws(() => new MmdbDatabase(new Uint8Array()), /no MaxMind DB file/)
  const whole = testDatabase({ a: 'b' })
  assert.throws(() => new MmdbDatabase(whole.subarray(0, whole.length - 30)), RangeError)
  assert.throws(() => new MmdbDatabase(testDatabase({ a: 'b' }, { nodeCount: 2 ** 32 - 1 })), /too short/)
})

test('memory that threads share is as good as any', () => {
  const bytes = testDatabase({ city: 'Zürich' })
  const memory = new Uint8Array(new SharedArrayBuffer(bytes.length))
  memory.set(bytes)
  const database = new MmdbDatabase(memory)
  assert.deepEqual({ ...(database.read(database.find(anywhere) ?? -1) as object) }, { city: 'Zürich' })
})

/** `{"a": <pointer to the record itself>}` */
const circle = Buffer.concat([Uint8Array.of(0xe1), testValue('a'), Uint8Array.of(0x20, 0)])

test('pointers in circles end, and their record says nothing', () => {
  const lookup = new MmdbLookup(testDatabase(circle), { wanted: true, make: record => ({ ...record }) })
  assert.throws(() => lookup.database.read(0), /runs in circles/)
  assert.equal(lookup.find(anywhere), null)
})

/** Ten pointers to what stands behind the list. */
function listAt(place: number): Uint8Array {
  const next = place + 22
  const ten = Array.from({ length: 10 }, () => Uint8Array.of(0x20 | (next >> 8), next & 255))
  return Buffer.concat([Uint8Array.of(10, 4), ...ten])
}

test('pointers that multiply end', () => {
  // 10^12 values in 300 bytes.
  const bomb = Buffer.concat([...Array.from({ length: 12 }, (_, i) => listAt(i * 22)), testValue('end')])
  const database = new MmdbDatabase(testDatabase(bomb))
  assert.throws(() => database.read(0), /too large/)
})

test('a list that claims to be huge takes no memory', () => {
  const huge = Uint8Array.of(31, 4, 255, 255, 255)
  const database = new MmdbDatabase(testDatabase(huge))
  assert.throws(() => database.read(0), RangeError)
})

test('a file with any byte changed is refused or read, and nothing else', () => {
  const good = testDatabase({
    country: { iso_code: 'GB' },
    list: ['a', 1, 2.5],
    location: { latitude: 51.5 },
  })
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }), changes => {
      const bytes = Uint8Array.from(good)
      for (const [at, byte] of changes) bytes[at] = byte
      try {
        const lookup = new MmdbLookup(bytes, { wanted: true, make: record => record })
        lookup.find(anywhere)
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error))
      }
    }),
  )
})
