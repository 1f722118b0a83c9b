import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PackReader, PackWriter } from './pack.ts'

test('what is written is read back, however much it grows', () => {
  const entry = fc.tuple(
    fc.nat(0xffffffff),
    fc.double({ noNaN: true }),
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 300 }),
  )
  fc.assert(
    fc.property(fc.array(entry), entries => {
      const writer = new PackWriter(1)
      for (const [number, double, text, bytes] of entries) {
        writer.u32(number)
        writer.f64(double)
        writer.text(text)
        writer.bytes(bytes)
      }
      const reader = new PackReader(writer.finish())
      for (const [number, double, text, bytes] of entries) {
        assert.equal(reader.u32(), number)
        assert.equal(reader.f64(), double)
        assert.equal(reader.text(), text)
        assert.deepEqual(new Uint8Array(reader.bytes()), bytes)
      }
    }),
  )
})

test('a pack that was cut off is refused', () => {
  const writer = new PackWriter()
  writer.text('some text')
  const cut = writer.finish().slice(0, -1)
  assert.throws(() => new PackReader(cut).text(), RangeError)
})
