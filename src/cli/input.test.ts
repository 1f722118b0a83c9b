import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import fc from 'fast-check'
import { readPieces, type InputFormat } from './input.ts'

function fileOf(t: TestContext, bytes: Uint8Array | string): string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-input-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'in')
  writeFileSync(path, bytes)
  return path
}

async function read(path: string, format: InputFormat = 'auto'): Promise<string[]> {
  const pieces: string[] = []
  for await (const { format: found, number, bytes } of readPieces(path, format))
    pieces.push(`${found} ${number} ${Buffer.from(bytes).toString('latin1')}`)
  return pieces
}

function prefixed(...records: Uint8Array[]): Buffer {
  const parts = records.flatMap(record => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(record.length)
    return [length, record]
  })
  return Buffer.concat(parts)
}

test('lines end with a line break or with the file; empty ones count and say nothing', async t => {
  assert.deepEqual(await read(fileOf(t, 'YQ==\r\n\nYg==')), ['base64 1 YQ==', 'base64 3 Yg=='])
  assert.deepEqual(await read(fileOf(t, '')), [])
})

test('the first byte tells the format', async t => {
  assert.deepEqual(await read(fileOf(t, '{}\n')), ['requests 1 {}'])
  assert.deepEqual(await read(fileOf(t, prefixed(Buffer.from('ab'), Buffer.from('c')))), [
    'binary 1 ab',
    'binary 2 c',
  ])
})

test('records of any length come out as they went in', async t => {
  const records = fc.array(fc.uint8Array({ minLength: 1, maxLength: 200_000 }), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(records, async written => {
      const pieces: Uint8Array[] = []
      const path = fileOf(t, prefixed(...written))
      for await (const { bytes } of readPieces(path, 'binary')) pieces.push(Uint8Array.from(bytes))
      assert.deepEqual(pieces, written)
    }),
    { numRuns: 20 },
  )
})

test('a line may be longer than a chunk', async t => {
  const long = 'a'.repeat(700_000)
  assert.deepEqual(await read(fileOf(t, `${long}\n${long}`), 'base64'), [
    `base64 1 ${long}`,
    `base64 2 ${long}`,
  ])
})

test('a cut-off record is told with its place', async t => {
  const cut = prefixed(Buffer.from('abcdef')).subarray(0, 8)
  await assert.rejects(read(fileOf(t, cut), 'binary'), {
    exitCode: 65,
    message: /the last record has 4 of its 6 bytes \(byte 8\)/,
  })
})

test('an absurd length is refused before memory is taken for it', async t => {
  await assert.rejects(read(fileOf(t, Buffer.alloc(100, 0xff)), 'binary'), {
    exitCode: 65,
    message: /4294967295 bytes long/,
  })
})

test('a file that is not there is told', async () => {
  await assert.rejects(read('nowhere.txt', 'base64'), {
    exitCode: 66,
    message: /reading nowhere\.txt failed/,
  })
})
