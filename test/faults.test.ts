import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { openEmbedded } from '../src/backends/embedded/index.ts'
import { createStreams, inOrder, makeWorker, numbers, put, readNumbers } from './harness.ts'

function directoryOf(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-faults-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

test('a full disk stops a shard, crashes nothing and loses nothing', async context => {
  const directory = directoryOf(context)
  const backend = openEmbedded({ directory, idleMs: 20 })
  await createStreams(backend, 2)
  await put(backend, 0, 100)

  // The disk of this one's process holds next to nothing.
  const cramped = openEmbedded({ directory, idleMs: 20, maxPageCount: 1 })
  const { worker, seen } = makeWorker(cramped, 'cramped')
  const failed = seen(event => event.type === 'shard-failed' && event.retryable && /disk/.test(event.error))
  await worker.start()
  await failed
  await worker.stop('test')
  await cramped.close()

  const roomy = makeWorker(backend, 'roomy')
  await roomy.worker.start()
  assert.deepEqual(inOrder(await readNumbers(backend, 100)), numbers(100))
  await roomy.worker.stop('test')
  await backend.close()
})

test('a locked database holds the output up, costs no lease, and loses nothing', async context => {
  const directory = directoryOf(context)
  const backend = openEmbedded({ directory, idleMs: 20, busyMs: 200 })
  await createStreams(backend, 2)
  const { worker, seen } = makeWorker(backend, 'a')
  await worker.start()
  await put(backend, 0, 20)

  const lock = new DatabaseSync(join(directory, 'outputs.db'))
  const failed = seen(event => event.type === 'shard-failed' && event.retryable)
  lock.exec('PRAGMA busy_timeout = 5000; BEGIN EXCLUSIVE')
  await put(backend, 20, 60)
  await failed
  lock.exec('ROLLBACK')
  lock.close()

  assert.deepEqual(inOrder(await readNumbers(backend, 60)), numbers(60))
  await worker.stop('test')
  await backend.close()
})
