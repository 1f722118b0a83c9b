import assert from 'node:assert/strict'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import type { Worker } from 'node:worker_threads'
import type { HeldLease } from '../../leases/index.ts'
import { systemClock } from '../../lib/index.ts'
import type { OutputRecord, Position } from '../../streams/index.ts'
import { bytes, horizon, limits, readStream, readToTip, text } from '../../streams/read.contract.ts'
import { openEmbedded, type EmbeddedOptions } from './index.ts'

const first = 'shardId-000000000000'
const consumer = { application: 'app', stream: 'raw' }

async function setUp(context: TestContext, options: Partial<EmbeddedOptions> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-'))
  let passed = 0
  const clock = { ...systemClock, now: () => systemClock.now() + passed }
  const backend = openEmbedded({ directory, clock, idleMs: 10, retentionMs: 60_000, ...options })
  await backend.createStream('raw', { shards: 1, role: 'raw' })
  await backend.createStream('good', { shards: 1, role: 'output' })
  context.after(async () => {
    await backend.close()
    await rm(directory, { recursive: true })
  })
  const pass = (ms: number) => {
    passed += ms
  }
  return { directory, backend, pass }
}

type SetUp = Awaited<ReturnType<typeof setUp>>

async function lease({ backend }: SetUp): Promise<HeldLease> {
  const store = backend.leaseStore(consumer)
  await store.create({ shardId: first, parents: [], checkpoint: horizon })
  const row = await store.get(first)
  const taken = row === undefined ? 'lost' : await store.take(row, 'a')
  return taken === 'lost' ? assert.fail('the lease was lost') : taken
}

function committer({ backend }: SetUp) {
  return backend.committer({ application: 'app', inputStream: 'raw', streams: { good: 'good' } })
}

function after(sequence: number): Position {
  return { at: 'after', sequence: String(sequence), subSequence: 0 }
}

function work(sequence: number, data: Uint8Array) {
  const provenance = { stream: 'raw', shardId: first, sequence: String(sequence), subSequence: 0, index: 0 }
  const output: OutputRecord = { kind: 'good', partitionKey: 'k', data, provenance, output: 0 }
  return { outputs: [output], position: after(sequence) }
}

/** Locks a file as a process does that hangs in the middle of a transaction. */
function lock(path: string): { unlock(): void; [Symbol.dispose](): void } {
  const db = new DatabaseSync(path)
  db.exec('PRAGMA busy_timeout = 5000; BEGIN EXCLUSIVE')
  return { unlock: () => db.exec('COMMIT'), [Symbol.dispose]: () => db.close() }
}

test('a put on a full disk is refused as a whole, and works again when there is room', async context => {
  const files = await setUp(context, { maxPageCount: 200 })
  const { backend, pass } = files
  const producer = backend.producer('raw')
  const large = { partitionKey: 'k', data: new Uint8Array(300_000) }
  await producer.put([large])
  const refused = producer.put([large, large, large])
  await assert.rejects(refused, { code: 'sink', retryable: true, message: /put 1 batch on raw.*free space/s })
  assert.equal((await readStream(backend.source('raw'))).length, 1)
  pass(120_000)
  await backend.trim('raw')
  await producer.put([{ partitionKey: 'k', data: bytes('room again') }, large])
  const [record] = await readStream(backend.source('raw'))
  assert.equal(record && text(record), 'room again')
})

test('puts of one group fail together on a full disk, and every caller hears of it', async context => {
  const { backend } = await setUp(context, { maxPageCount: 100 })
  const producer = backend.producer('raw')
  const large = { partitionKey: 'k', data: new Uint8Array(200_000) }
  const puts = await Promise.allSettled([1, 2, 3, 4].map(() => producer.put([large])))
  assert.deepEqual([...new Set(puts.map(put => put.status))], ['rejected'])
  await producer.put([{ partitionKey: 'k', data: bytes('small') }])
  assert.deepEqual((await readStream(backend.source('raw'))).map(text), ['small'])
})

test('a commit on a full disk moves nothing, and may be repeated when there is room', async context => {
  const files = await setUp(context, { maxPageCount: 200 })
  const held = await lease(files)
  const { backend, pass } = files
  const store = backend.leaseStore(consumer)
  assert.equal(await committer(files).commit(held, work(1, new Uint8Array(500_000))), 'committed')
  const next = work(2, new Uint8Array(400_000))
  await assert.rejects(committer(files).commit(held, next), { code: 'sink', retryable: true })
  assert.deepEqual((await store.get(first))?.checkpoint, after(1))
  assert.equal((await readStream(backend.source('good'))).length, 1)
  pass(120_000)
  await backend.trim('good')
  assert.equal(await committer(files).commit(held, next), 'committed')
  assert.deepEqual((await store.get(first))?.checkpoint, after(2))
})

test('a put waits for a lock, and gives up in time', async context => {
  const { backend, directory } = await setUp(context, { busyMs: 200 })
  const producer = backend.producer('raw')
  using held = lock(join(directory, 'raw-raw.db'))
  const put = producer.put([{ partitionKey: 'k', data: bytes('too late') }])
  await assert.rejects(put, { code: 'sink', retryable: true, message: /another process holds the lock/ })
  assert.deepEqual(await readToTip(backend.source('raw'), first), [])
  const waiting = producer.put([{ partitionKey: 'k', data: bytes('in time') }])
  held.unlock()
  await waiting
  assert.deepEqual((await readToTip(backend.source('raw'), first)).map(text), ['in time'])
})

test('renewals go on while the outputs are locked', async context => {
  const files = await setUp(context, { busyMs: 200 })
  const held = await lease(files)
  const store = files.backend.leaseStore(consumer)
  using _ = lock(join(files.directory, 'outputs.db'))
  const commit = assert.rejects(committer(files).commit(held, work(1, bytes('x'))), {
    code: 'sink',
    retryable: true,
  })
  let kept = held
  for (let i = 0; i < 10; i++) {
    const next = await store.keep(kept)
    kept = next === 'lost' ? assert.fail('the lease was lost') : next
  }
  await commit
})

test('a take that cannot reach the outputs leaves the last owner able to commit', async context => {
  const files = await setUp(context, { busyMs: 100 })
  const held = await lease(files)
  const store = files.backend.leaseStore(consumer)
  {
    using _ = lock(join(files.directory, 'outputs.db'))
    await assert.rejects(store.take(held, 'b'), { code: 'leases', retryable: true })
  }
  assert.equal((await store.get(first))?.owner, undefined)
  assert.equal(await committer(files).commit(held, work(1, bytes('by a'))), 'committed')
  const row = await store.get(first)
  const next = row === undefined ? 'lost' : await store.take(row, 'c')
  assert.deepEqual(next !== 'lost' && next.checkpoint, after(1))
  assert.equal(await committer(files).commit(held, work(2, bytes('too late'))), 'lost')
})

test('heartbeats that a power cut set back are lifted above the fence', async context => {
  const files = await setUp(context)
  const held = await lease(files)
  const store = files.backend.leaseStore(consumer)
  for (const owner of ['b', 'c', 'd']) {
    const row = await store.get(first)
    if (row !== undefined) await store.take(row, owner)
  }
  using db = new DatabaseSync(join(files.directory, 'heartbeats.db'))
  db.exec("UPDATE heartbeats SET owner = 'a', counter = 1, epoch = 1")
  const taken = await store.take(held, 'e')
  assert.ok(taken !== 'lost')
  assert.equal(taken.epoch, 5)
  assert.equal(await committer(files).commit(taken, work(1, bytes('x'))), 'committed')
})

test('a damaged batch is reported and not skipped; its neighbours can be read', async context => {
  const { backend, directory } = await setUp(context)
  const producer = backend.producer('raw')
  for (const word of ['one', 'two', 'three']) await producer.put([{ partitionKey: 'k', data: bytes(word) }])
  const source = backend.source('raw')
  const sequences = (await readToTip(source, first)).map(record => Number(record.sequence))
  const [, second = 0] = sequences
  using db = new DatabaseSync(join(directory, 'raw-raw.db'))
  db.prepare("UPDATE batches SET frames = x'00ff' WHERE first_sequence = ?").run(second)
  const message = new RegExp(`sequence ${second} of ${first} of raw.*damaged`)
  await assert.rejects(readToTip(source, first), { code: 'source', retryable: true, message })
  assert.deepEqual((await readToTip(source, first, after(second))).map(text), ['three'])
})

test('a file that is not ours is left alone', async context => {
  const { backend, directory } = await setUp(context)
  await writeFile(join(directory, 'heartbeats.db'), 'no database '.repeat(1000))
  await assert.rejects(backend.leaseStore(consumer).list(), {
    code: 'leases',
    retryable: true,
    message: /heartbeats\.db: file is not a database; the file is damaged/,
  })
})

test('a file of a later layout is refused', async context => {
  const { backend, directory } = await setUp(context)
  await backend.leaseStore(consumer).list()
  using db = new DatabaseSync(join(directory, 'heartbeats.db'))
  db.exec('PRAGMA user_version = 99')
  const later = openEmbedded({ directory })
  context.after(() => later.close())
  await assert.rejects(later.leaseStore(consumer).list(), {
    code: 'config',
    retryable: false,
    message: /layout 99/,
  })
})

test('an empty file is called that', async context => {
  const { directory } = await setUp(context)
  await writeFile(join(directory, 'heartbeats.db'), '')
  const backend = openEmbedded({ directory })
  context.after(() => backend.close())
  await assert.rejects(backend.leaseStore(consumer).list(), {
    code: 'store',
    retryable: false,
    message: /heartbeats\.db: it is empty or damaged; stop every process and restore it/,
  })
})

test('a stream that is not there is named', async context => {
  const { backend } = await setUp(context)
  const missing = { code: 'store', retryable: true, message: /no stream absent.*create it/ }
  await assert.rejects(backend.source('absent').listShards(), missing)
  await assert.rejects(backend.producer('absent').put([{ partitionKey: 'k', data: bytes('x') }]), missing)
  await assert.rejects(backend.createStream('../absent', { shards: 1, role: 'raw' }), { code: 'config' })
})

test('a closed backend refuses calls, and closing it again does nothing', async context => {
  const { backend } = await setUp(context)
  const producer = backend.producer('raw')
  await Promise.all([backend.close(), backend.close()])
  await assert.rejects(producer.put([{ partitionKey: 'k', data: bytes('x') }]), {
    code: 'sink',
    retryable: false,
  })
})

test('what was put before closing is there after opening', async context => {
  const { backend, directory } = await setUp(context)
  const put = backend.producer('raw').put([{ partitionKey: 'k', data: bytes('kept') }])
  await backend.close()
  await put
  const again = openEmbedded({ directory, idleMs: 10 })
  context.after(() => again.close())
  assert.deepEqual((await readToTip(again.source('raw'), first)).map(text), ['kept'])
})

test('when its thread dies, calls may be tried again, and waiting readers go on', async context => {
  const { directory } = await setUp(context)
  const backend = openEmbedded({ directory, idleMs: 60_000 })
  context.after(() => backend.close())
  let thread: Worker | undefined
  const started = (worker: Worker) => {
    thread = worker
  }
  process.on('worker', started)
  context.after(() => process.off('worker', started))
  const stop = new AbortController()
  const read: string[] = []
  for await (const { records } of backend.source('raw').read(first, horizon, limits(stop.signal))) {
    read.push(...records.map(text))
    if (read.length === 2) break
    if (read.length === 1) continue
    // The reader is at the tip; its thread goes while a put is on its way.
    const producer = backend.producer('raw')
    const put = producer.put([{ partitionKey: 'k', data: bytes('never') }])
    await thread?.terminate()
    await assert.rejects(put, { code: 'sink', retryable: true })
    await producer.put([{ partitionKey: 'k', data: bytes('one') }])
    void producer.put([{ partitionKey: 'k', data: bytes('two') }])
  }
  assert.deepEqual(read, ['one', 'two'])
})

test(
  'a thread that dies before it works is started again after delays that grow',
  { timeout: 60_000 },
  async context => {
    const delays: number[] = []
    const enough = Promise.withResolvers<void>()
    const sleep = async (ms: number, signal?: AbortSignal) => {
      delays.push(ms)
      if (delays.length < 6) return
      enough.resolve()
      await systemClock.sleep(60_000, signal)
    }
    const { directory } = await setUp(context)
    let threads = 0
    const killer = (worker: Worker) => {
      threads++
      void worker.terminate()
    }
    process.on('worker', killer)
    context.after(() => process.off('worker', killer))
    const backend = openEmbedded({ directory, clock: { ...systemClock, sleep } })
    // A reader that waits asks for the next thread as soon as one is gone.
    const read = backend.source('raw').read(first, horizon, limits(new AbortController().signal))
    const reading = read[Symbol.asyncIterator]().next()
    await assert.rejects(reading, { code: 'source', retryable: true })
    while (delays.length < 6) {
      const shards = backend.listShards('raw')
      await assert.rejects(
        Promise.race([shards, enough.promise.then(() => Promise.reject(new Error('enough')))]),
      )
      shards.catch(() => {})
    }
    assert.equal(threads, delays.length)
    assert.ok((delays[5] ?? 0) > (delays[0] ?? 0) * 4, String(delays))
    await backend.close()
  },
)

/** What a call is refused with, once it is; a file that is gone is noticed after a moment. */
async function refusal(call: () => Promise<unknown>): Promise<unknown> {
  for (;;) {
    try {
      await call()
    } catch (error) {
      return error
    }
  }
}

test(
  'a directory that is gone is told by every call, until it is back',
  { timeout: 30_000 },
  async context => {
    const files = await setUp(context)
    const { backend, directory } = files
    const held = await lease(files)
    const store = backend.leaseStore(consumer)
    const producer = backend.producer('raw')
    const put = () => producer.put([{ partitionKey: 'k', data: bytes('x') }])
    const message = /directory was removed or replaced.*; stop every process .*start them again/
    const gone = (code: string) => ({ code, retryable: true, message })
    await put()
    const elsewhere = `${directory}-elsewhere`
    await rename(directory, elsewhere)
    const commit = () => committer(files).commit(held, work(1, bytes('x')))
    for (const call of [put, commit]) await assert.rejects(Promise.reject(await refusal(call)), gone('sink'))
    const reading = () => readToTip(backend.source('raw'), first)
    await assert.rejects(Promise.reject(await refusal(reading)), gone('source'))
    await assert.rejects(Promise.reject(await refusal(() => store.list())), gone('leases'))
    // Another process makes its own files there: they are not ours.
    const other = openEmbedded({ directory })
    await other.createStream('raw', { shards: 1, role: 'raw' })
    await other.leaseStore(consumer).list()
    await other.close()
    await assert.rejects(put(), gone('sink'))
    await assert.rejects(commit(), gone('sink'))
    await assert.rejects(store.list(), gone('leases'))
    await rm(directory, { recursive: true })
    await rename(elsewhere, directory)
    await put()
    await store.list()
  },
)

test('a directory that cannot be made is reported', async context => {
  const { directory } = await setUp(context)
  await writeFile(join(directory, 'file'), '')
  const backend = openEmbedded({ directory: join(directory, 'file', 'deeper') })
  context.after(() => backend.close())
  await assert.rejects(backend.createStream('raw', { shards: 1, role: 'raw' }), {
    code: 'store',
    retryable: false,
    message: /cannot make the directory .*file: a file is in its place; name another one/,
  })
})

test('space that retention frees is used again and given back', async context => {
  const { backend, pass, directory } = await setUp(context)
  const producer = backend.producer('raw')
  const large = { partitionKey: 'k', data: new Uint8Array(900_000) }
  using db = new DatabaseSync(join(directory, 'raw-raw.db'))
  const pages = () => Number(Object.values(db.prepare('PRAGMA page_count').get() ?? {})[0])
  for (let i = 0; i < 20; i++) await producer.put([large])
  const full = pages()
  pass(120_000)
  while (pages() > full / 4) await backend.trim('raw')
  assert.deepEqual(await readToTip(backend.source('raw'), first), [])
})
