import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { writeStruct, type Field, type Value } from './test-apache-thrift.ts'
import { readStruct, type ThriftStruct } from './thrift.ts'

const words = fc.string({ unit: 'grapheme' })
const numbers = fc.integer({ min: -32768, max: 32767 })

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.record({ type: fc.constant('bool'), value: fc.boolean() }),
  fc.record({ type: fc.constantFrom('double', 'i16', 'i32'), value: numbers }),
  fc.record({ type: fc.constant('i64'), value: fc.maxSafeInteger() }),
  fc.record({ type: fc.constant('string'), value: words }),
  fc.record({ type: fc.constant('map'), value: fc.array(fc.tuple(words, numbers)) }),
  fc.record({ type: fc.constantFrom('set', 'list'), value: fc.array(words) }),
)

const fields: fc.Arbitrary<Field[]> = fc.uniqueArray(
  fc.record({
    id: fc.integer({ min: 1, max: 32767 }),
    value: fc.oneof(value, fc.record({ type: fc.constant('struct'), value: fc.constant([]) })),
  }),
  { selector: field => field.id },
)

function read(bytes: Buffer): ThriftStruct {
  const struct = readStruct(bytes)
  if ('reason' in struct) assert.fail(struct.reason)
  return struct
}

function reasonFor(...bytes: readonly number[]): string {
  return reasonIn(Buffer.from(bytes))
}

function reasonIn(bytes: Buffer): string {
  const struct = readStruct(bytes)
  return 'reason' in struct ? struct.reason : assert.fail('these bytes were read as a struct')
}

test('what Apache’s library writes is read back, and what is not asked for is skipped', () => {
  fc.assert(
    fc.property(fields, written => {
      const struct = read(writeStruct(written))
      for (const { id, value } of written) {
        assert.equal(struct.string(id), value.type === 'string' ? value.value : null)
        assert.equal(struct.i64(id), value.type === 'i64' ? value.value : null)
        assert.deepEqual(struct.strings(id), value.type === 'list' ? value.value : null)
        assert.equal(struct.struct(id) !== null, value.type === 'struct')
      }
    }),
  )
})

test('a struct inside another is read', () => {
  const inner: Field[] = [{ id: 3, value: { type: 'string', value: 'e=pv' } }]
  const struct = read(writeStruct([{ id: 41, value: { type: 'struct', value: inner } }]))
  assert.equal(struct.struct(41)?.string(3), 'e=pv')
})

test('the last of two fields with one id counts', () => {
  const twice = ['first', 'second'].map(text => ({ id: 1, value: { type: 'string', value: text } }) as const)
  assert.equal(read(writeStruct(twice)).string(1), 'second')
})

test('bytes behind the struct are ignored', () => {
  assert.equal(read(Buffer.from([0, 1, 2, 3])).string(1), null)
})

test('a record that ends early is refused, wherever it ends', () => {
  fc.assert(
    fc.property(fields, written => {
      const bytes = writeStruct(written)
      for (let end = 0; end < bytes.length; end++) {
        assert.ok('reason' in readStruct(bytes.subarray(0, end)), `${end} of ${bytes.length} bytes`)
      }
    }),
    { numRuns: 20 },
  )
})

test('a length beyond the end is refused before anything is allocated', () => {
  assert.equal(reasonFor(11, 0, 1, 0x7f, 0xff, 0xff, 0xff), '2147483647 bytes wanted, 0 left at byte 7')
  assert.equal(reasonFor(11, 0, 1, 0xff, 0xff, 0xff, 0xff), 'negative length -1 at byte 3')
})

test('a count beyond the end costs no more than the bytes that are there', () => {
  assert.match(reasonFor(15, 0, 1, 11, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0), /^4 bytes wanted, 0 left/)
  assert.match(reasonFor(13, 0, 1, 3, 3, 0x7f, 0xff, 0xff, 0xff, 1, 2, 3), /^1 bytes wanted, 0 left/)
  assert.match(reasonFor(15, 0, 1, 11, 0x80, 0, 0, 0), /^negative count/)
})

test('elements of no type are refused, however many', () => {
  for (const type of [0, 1, 5, 16, 255]) {
    assert.match(reasonFor(15, 0, 1, type, 0x7f, 0xff, 0xff, 0xff, 0), /^unrecognized type/)
  }
})

test('deep nesting is refused', () => {
  assert.match(reasonIn(Buffer.alloc(300_000, '0c0001', 'hex')), /^more than 64 values in each other/)
  const lists = Buffer.alloc(500_000, '0f00000001', 'hex')
  assert.match(
    reasonIn(Buffer.concat([Buffer.from([15, 0, 1]), lists])),
    /^more than 64 values in each other/,
  )
})

test('any bytes give a struct or a reason', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), bytes => probe(Buffer.from(bytes))))
})

test('a damaged record gives a struct or a reason', () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 8 })
  fc.assert(
    fc.property(fields, damage, (written, changes) => {
      const bytes = writeStruct(written)
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte
      probe(bytes)
    }),
  )
})

/** Asks for everything. Throws if the struct promises what its bytes do not hold. */
function probe(bytes: Buffer): void {
  const struct = readStruct(bytes)
  if ('reason' in struct) return
  for (let id = -300; id < 300; id++) {
    struct.string(id)
    struct.i64(id)
    struct.strings(id)
    struct.struct(id)
  }
}
