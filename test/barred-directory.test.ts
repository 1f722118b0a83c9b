import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { logSchema } from '../src/backends/embedded/schema.ts'
import { createFile } from '../src/backends/embedded/sqlite-file.ts'
import { noPipeline } from '../src/cli/pipeline.ts'

const skip = process.platform === 'win32'

function barred(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-barred-'))
  chmodSync(directory, 0)
  t.after(() => {
    chmodSync(directory, 0o700)
    rmSync(directory, { recursive: true })
  })
  return directory
}

/** Does `work` as a user whom rights bind. */
function bound<T>(work: () => T): T {
  if (process.geteuid?.() !== 0) return work()
  process.seteuid?.(65534)
  try {
    return work()
  } finally {
    process.seteuid?.(0)
  }
}

test('who may not enter the directory, or the one above it, is told to name another', { skip }, t => {
  const directory = barred(t)
  const create = (path: string) => () => bound(() => createFile(path, logSchema))
  const told = (what: string) => ({
    code: 'store',
    retryable: false,
    message: new RegExp(
      `cannot ${what} the directory ${directory}.*EACCES.*; name another one with --directory`,
    ),
  })
  assert.throws(create(join(directory, 'outputs.db')), told('write into'))
  assert.throws(create(join(directory, 'deeper', 'outputs.db')), told('look into'))
})

test('who may not look into a directory is not told that it holds no pipeline', { skip }, t => {
  const directory = barred(t)
  for (const path of [directory, join(directory, 'deeper')]) {
    const { message, exitCode } = bound(() => noPipeline(path))
    assert.match(message, /^this user may not look into .*name another directory with --directory$/)
    assert.equal(exitCode, 66)
  }
})
