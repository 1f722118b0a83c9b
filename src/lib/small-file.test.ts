import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { readSmallFile } from './small-file.ts'

function folder(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-small-file-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

test('a file is read whole, however many pieces that takes', t => {
  const path = join(folder(t), 'file')
  const bytes = Buffer.alloc(200_000, 'abcdefg')
  writeFileSync(path, bytes)
  assert.ok(readSmallFile(path).equals(bytes))
  assert.ok(readSmallFile(path, bytes.length).equals(bytes))
})

test('a file that is too large is refused', t => {
  const path = join(folder(t), 'file')
  writeFileSync(path, 'x'.repeat(101))
  assert.throws(() => readSmallFile(path, 100), { message: 'it has more than 100 bytes' })
})

test('what is no regular file is refused at once', t => {
  const directory = folder(t)
  const pipe = join(directory, 'pipe')
  execFileSync('mkfifo', [pipe])
  assert.throws(() => readSmallFile(pipe), { message: 'it is no regular file' })
  assert.throws(() => readSmallFile('/dev/zero'), { message: 'it is no regular file' })
  assert.throws(() => readSmallFile(directory), { message: 'it is a directory' })
  assert.throws(() => readSmallFile(join(directory, 'none')), { code: 'ENOENT' })
})

test('a pipe that the process was started with is read to its end', () => {
  const door = new URL('small-file.ts', import.meta.url).href
  const script = `console.log((await import('${door}')).readSmallFile('/dev/stdin').length)`
  const out = execFileSync('sh', [
    '-c',
    '(printf a; sleep 0.2; printf bc) | "$0" "$@"',
    process.execPath,
    '-e',
    script,
  ])
  assert.equal(out.toString(), '3\n')
})
