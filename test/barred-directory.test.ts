import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { openEmbedded } from '../src/backends/embedded/index.ts'
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

function readable(): boolean {
  try {
    return bound(() => statSync(import.meta.filename).isFile())
  } catch {
    return false
  }
}

async function boundAsync(work: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return work()
  process.seteuid?.(65534)
  try {
    await work()
  } finally {
    process.seteuid?.(0)
  }
}

function create(path: string): () => void {
  return () => bound(() => createFile(path, logSchema))
}

test('who may not enter the directory, or the one above it, is told to name another', { skip }, t => {
  const directory = barred(t)
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

test('a reader that may not write the files is told that it must', { skip }, async t => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-readable-'))
  t.after(() => {
    chmodSync(directory, 0o700)
    rmSync(directory, { recursive: true })
  })
  if (!readable()) return t.skip('the program itself lies where only its owner may read')
  const maker = openEmbedded({ directory })
  await maker.createStream('raw', { shards: 1, role: 'raw' })
  await maker.close()
  chmodSync(join(directory, 'raw-raw.db'), 0o444)
  chmodSync(directory, 0o555)
  await boundAsync(async () => {
    const reader = openEmbedded({ directory })
    const message = /readers, too, need the right to write it: run this as the user whose file it is/
    await assert.rejects(reader.listShards('raw'), { retryable: true, message })
    await reader.close()
  })
})
