import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { HeldLease } from '../src/leases/index.ts'
import { compareSequences, type OutputRecord, type StreamRecord } from '../src/streams/index.ts'
import { bytes, horizon, limits, readStream, readToTip, text } from '../src/streams/read.contract.ts'
import { openEmbedded, type EmbeddedBackend } from '../src/backends/embedded/index.ts'

// Many processes on one directory, ended by SIGKILL wherever they happen to be. The children run this file too.

const [, , role, directory = ''] = process.argv
const consumer = { application: 'app', stream: 'raw' }

if (role === 'append') await append()
else if (role === 'work') await work()
else if (role === 'start') await start()
else defineTests()

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Several puts at once, for ever. Says which records were acknowledged. */
async function append(): Promise<void> {
  const producer = openEmbedded({ directory }).producer('raw')
  let next = 0
  const putOn = async () => {
    for (;;) {
      const ids = Array.from({ length: 10 }, () => `${process.pid}:${next++}`)
      await producer.put(ids.map(id => ({ partitionKey: id, data: bytes(id) })))
      say(ids.join(' '))
    }
  }
  await Promise.all(Array.from({ length: 8 }, putOn))
}

/** Everything that a process does first, on files that may not be there yet. */
async function start(): Promise<void> {
  const backend = openEmbedded({ directory })
  await backend.createStream('raw', { shards: 2, role: 'raw' })
  await backend.createStream('good', { shards: 2, role: 'output' })
  const store = backend.leaseStore(consumer)
  await store.create({ shardId: 'shardId-000000000000', parents: [], checkpoint: horizon })
  await backend.producer('raw').put([{ partitionKey: 'k', data: bytes(String(process.pid)) }])
  await backend.close()
}

/** Takes every lease whenever it is told to, dead owner or not, and works until it has lost it. */
async function work(): Promise<void> {
  const backend = openEmbedded({ directory, idleMs: 10 })
  const owner = String(process.pid)
  const store = backend.leaseStore(consumer)
  say('ready')
  for await (const batchRecords of createInterface({ input: process.stdin })) {
    for (const row of await store.list()) {
      const lease = await store.take(row, owner)
      if (lease !== 'lost') workOn(backend, lease, Number(batchRecords)).catch(fail)
    }
  }
}

function fail(error: unknown): never {
  console.error(error)
  process.exit(1)
}

async function workOn(backend: EmbeddedBackend, lease: HeldLease, maxBatchRecords: number): Promise<void> {
  const committer = backend.committer({ application: 'app', inputStream: 'raw', streams: { good: 'good' } })
  const options = limits(new AbortController().signal, { maxBatchRecords })
  for await (const batch of backend.source('raw').read(lease.shardId, lease.checkpoint, options)) {
    const outputs = batch.records.map(record => outputOf(record, lease.shardId))
    if ((await committer.commit(lease, { outputs, position: batch.position })) === 'lost') return
    say(batch.millisBehindLatest === 0 ? `tip ${lease.shardId}` : 'committed')
  }
}

function outputOf(record: StreamRecord, shardId: string): OutputRecord {
  const { sequence, subSequence, partitionKey, data } = record
  return {
    kind: 'good',
    partitionKey,
    data,
    provenance: { stream: 'raw', shardId, sequence, subSequence, index: 0 },
    output: 0,
  }
}

interface Child {
  readonly process: ChildProcess
  readonly lines: AsyncIterator<string>
}

function defineTests(): void {
  test('many processes may start at once where there is nothing yet', async context => {
    const directory = await mkdtemp(join(tmpdir(), 'millrace-'))
    context.after(() => rm(directory, { recursive: true }))
    const children = Array.from({ length: 5 }, () => run('start', directory).process)
    const exits = await Promise.all(children.map(child => once(child, 'exit')))
    assert.deepEqual(
      exits.map(([code]) => Number(code)),
      children.map(() => 0),
    )
    const backend = openEmbedded({ directory, idleMs: 10 })
    context.after(() => backend.close())
    const found = (await readStream(backend.source('raw'))).map(text)
    assert.deepEqual(found.sort(), children.map(({ pid }) => String(pid)).sort())
    assert.equal((await backend.listShards('raw')).length, 2)
    assert.equal((await backend.leaseStore(consumer).list()).length, 1)
  })

  test('processes that are killed while they append lose nothing that was acknowledged', async context => {
    const { directory, backend } = await setUp(context, 3)
    const acknowledged: string[] = []
    for (const lines of [1, 7, 60]) {
      const pair = [run('append', directory), run('append', directory)]
      for (let i = 0; i < lines; i++) for (const child of pair) acknowledged.push(await line(child))
      for (const child of pair) acknowledged.push(...(await kill(child)))
    }
    const found = (await readStream(backend.source('raw'))).map(text)
    const distinct = new Set(found)
    assert.equal(found.length, distinct.size)
    const ids = acknowledged.flatMap(line => line.split(' '))
    assert.deepEqual(
      ids.filter(id => !distinct.has(id)),
      [],
    )
    for (const { shardId } of await backend.listShards('raw')) {
      const records = await readToTip(backend.source('raw'), shardId)
      assertRising(records.map(record => record.sequence))
    }
  })

  test('workers that are killed, or fenced while they commit, write everything once and in order', async context => {
    const { directory, backend } = await setUp(context, 3)
    const sent = Array.from({ length: 40_000 }, (_, i) => ({ partitionKey: `k${i}`, data: bytes(String(i)) }))
    await backend.producer('raw').put(sent)
    const store = backend.leaseStore(consumer)
    for (const { shardId } of await backend.listShards('raw')) {
      await store.create({ shardId, parents: [], checkpoint: horizon })
    }
    const [first, ...others] = await Promise.all(Array.from({ length: 5 }, () => worker(directory)))
    let holder = first ?? assert.fail('no worker')
    take(holder)
    for (const [round, rival] of others.entries()) {
      // The holder goes on while its rival takes everything: from then on it is a zombie.
      for (let i = 0; i < round * 2; i++) await line(holder)
      take(rival)
      for (let i = 0; i < round; i++) await line(rival)
      await kill(holder)
      holder = rival
    }
    take(holder, 1000)
    const tips = new Set<string>()
    while (tips.size < 3) {
      const said = await line(holder)
      if (said.startsWith('tip')) tips.add(said)
    }
    await kill(holder)

    const written = await readStream(backend.source('good'))
    assert.deepEqual(written.map(text).sort(), sent.map(record => text(record)).sort())
    for (const { shardId } of await backend.listShards('good')) {
      const records = await readToTip(backend.source('good'), shardId)
      for (const input of new Set(records.map(record => record.provenance?.shardId))) {
        const mine = records.filter(record => record.provenance?.shardId === input)
        assertRising(mine.map(record => record.provenance?.sequence ?? ''))
      }
    }
    const epochs = new Set(written.map(record => record.provenance?.epoch))
    assert.ok(epochs.size > others.length / 2, `written by ${epochs.size} takes`)
  })
}

function run(role: string, directory: string): Child {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), role, directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { process: child, lines }
}

async function kill({ process: child, lines }: Child): Promise<string[]> {
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
  const rest: string[] = []
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) rest.push(line.value)
  return rest
}

async function line({ lines }: Child): Promise<string> {
  const next = await lines.next()
  return next.done === true ? assert.fail('the child ended') : next.value
}

async function setUp(context: TestContext, shards: number) {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-'))
  const backend = openEmbedded({ directory, idleMs: 10 })
  context.after(async () => {
    await backend.close()
    await rm(directory, { recursive: true })
  })
  await backend.createStream('raw', { shards, role: 'raw' })
  await backend.createStream('good', { shards: 2, role: 'output' })
  return { directory, backend }
}

async function worker(directory: string): Promise<Child> {
  const child = run('work', directory)
  assert.equal(await line(child), 'ready')
  return child
}

/** Small batches make a worker slow enough to be killed in the middle of its work. */
function take({ process: child }: Child, batchRecords = 2): void {
  child.stdin?.write(`${batchRecords}\n`)
}

function assertRising(sequences: readonly string[]): void {
  const wrong = sequences.findIndex((sequence, i) => {
    const before = sequences[i - 1]
    return before !== undefined && compareSequences(before, sequence) >= 0
  })
  assert.equal(wrong, -1)
}
