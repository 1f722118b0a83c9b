import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMemory } from '../src/backends/memory/index.ts'
import { idempotentDelivery, type IdempotentSink } from '../src/delivery/index.ts'
import { systemClock } from '../src/lib/index.ts'
import { copier, createStreams, makeWorker, numbers, put } from './harness.ts'

/** Objects by the name of the record that they hold, and how often each was written. */
class Objects {
  readonly written = new Map<string, { data: string; times: number }>()
  #waiting: { count: number; resolve: () => void } | undefined

  reach(count: number): Promise<void> {
    return new Promise(resolve => {
      this.#waiting = { count, resolve }
      this.#tell()
    })
  }

  /** Writes, and from the request `silentFrom` on never says that it has. */
  sink(silentFrom = Number.POSITIVE_INFINITY): IdempotentSink & { readonly silent: Promise<void> } {
    const silent = Promise.withResolvers<void>()
    let requests = 0
    return {
      capability: 'idempotent',
      silent: silent.promise,
      write: async (shardId, { outputs }) => {
        for (const { provenance, data } of outputs) {
          const name = `${shardId}/${provenance.sequence}.${provenance.index}`
          const times = (this.written.get(name)?.times ?? 0) + 1
          this.written.set(name, { data: Buffer.from(data).toString(), times })
        }
        this.#tell()
        if (++requests < silentFrom) return
        silent.resolve()
        await new Promise(() => {})
      },
      async close() {},
    }
  }

  #tell(): void {
    if (this.#waiting !== undefined && this.written.size >= this.#waiting.count) this.#waiting.resolve()
  }
}

test('where a name says its content, what is written again is the same, and the checkpoint follows the writes', async () => {
  const backend = openMemory({ idleMs: 20 })
  await createStreams(backend, 1)
  await put(backend, 0, 30)
  const objects = new Objects()
  const common = { maxOpenRecords: 1000, clock: systemClock }
  const halfDone = objects.sink(2)
  const a = makeWorker(backend, 'a', copier, {
    delivery: idempotentDelivery({ ...common, sink: halfDone }),
    drainMs: 0,
  })
  await a.worker.start()
  await halfDone.silent
  await a.worker.stop('test')
  const [row] = await backend.leaseStore({ application: 'app', stream: 'raw' }).list()
  assert.equal(row?.checkpoint.at, 'after', 'the first batch was written, and the release says so')
  const b = makeWorker(backend, 'b', copier, {
    delivery: idempotentDelivery({ ...common, sink: objects.sink() }),
  })
  const all = objects.reach(30)
  await b.worker.start()
  await all
  await b.worker.stop('test')
  const written = [...objects.written.values()]
  assert.deepEqual(
    written.map(({ data }) => Number(data)),
    numbers(30),
  )
  assert.equal(written.filter(({ times }) => times === 2).length, 7, 'one batch was written by both')
  const [last] = await backend.leaseStore({ application: 'app', stream: 'raw' }).list()
  assert.deepEqual([last?.owner, last?.dirtySince], [undefined, undefined])
})
