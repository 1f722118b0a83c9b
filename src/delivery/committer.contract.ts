import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { HeldLease, LeaseStore } from '../leases/index.ts'
import type { OutputKind, OutputRecord, Position, Source } from '../streams/index.ts'
import { bytes, readStream, text } from '../streams/read.contract.ts'
import type { Committer } from './sink.ts'

export interface CommitterBackend {
  /** For application `app` on input stream `raw`. */
  readonly store: LeaseStore
  readonly committer: Committer
  readonly outputs: Readonly<Record<OutputKind, Source>>
  close(): Promise<void>
}

function at(sequence: number): Position {
  return { at: 'after', sequence: String(sequence), subSequence: 0 }
}

function output(shardId: string, sequence: number, kind: OutputKind = 'good'): OutputRecord {
  const provenance = { stream: 'raw', shardId, sequence: String(sequence), subSequence: 2, index: 3 }
  return {
    kind,
    partitionKey: `key ${sequence}`,
    data: bytes(`${kind} ${sequence}`),
    provenance,
    output: 1,
  }
}

/** The promises of a `Committer` that has transactions. Each such backend's tests call this. */
export function testCommitter(name: string, makeBackend: () => Promise<CommitterBackend>): void {
  describe(`committer contract: ${name}`, () => {
    let backend: CommitterBackend
    let shards = 0
    before(async () => {
      backend = await makeBackend()
    })
    after(() => backend.close())

    async function take(owner = 'a'): Promise<HeldLease> {
      const shardId = `shard-${++shards}`
      await backend.store.create({ shardId, parents: [], checkpoint: { at: 'trimHorizon' } })
      return steal(shardId, owner)
    }

    async function steal(shardId: string, owner: string): Promise<HeldLease> {
      const row = await backend.store.get(shardId)
      const lease = row === undefined ? 'lost' : await backend.store.take(row, owner)
      return lease === 'lost' ? assert.fail('the lease was lost') : lease
    }

    async function written(shardId: string, kind: OutputKind = 'good'): Promise<string[]> {
      const records = await readStream(backend.outputs[kind])
      return records.filter(record => record.provenance?.shardId === shardId).map(text)
    }

    test('outputs go to the stream of their kind, in order, and the checkpoint moves with them', async () => {
      const { committer, store } = backend
      const lease = await take()
      const { shardId } = lease
      const outputs = [
        output(shardId, 1),
        output(shardId, 2, 'bad'),
        output(shardId, 2, 'failed'),
        output(shardId, 3),
      ]
      assert.equal(await committer.commit(lease, { outputs, position: at(3) }), 'committed')
      assert.deepEqual(await written(shardId), ['good 1', 'good 3'])
      assert.deepEqual(await written(shardId, 'bad'), ['bad 2'])
      assert.deepEqual(await written(shardId, 'failed'), ['failed 2'])
      assert.deepEqual((await store.get(shardId))?.checkpoint, at(3))
    })

    test('a record tells its provenance, its key and its bytes', async () => {
      const lease = await take()
      const { shardId } = lease
      await backend.committer.commit(lease, { outputs: [output(shardId, 7)], position: at(7) })
      const records = await readStream(backend.outputs.good)
      const record = records.find(({ provenance }) => provenance?.shardId === shardId)
      assert.deepEqual(
        { ...record?.provenance },
        {
          application: 'app',
          stream: 'raw',
          shardId,
          sequence: '7',
          subSequence: 2,
          index: 3,
          output: 1,
          epoch: lease.epoch,
        },
      )
      assert.equal(record?.partitionKey, 'key 7')
    })

    test('work without outputs moves the checkpoint', async () => {
      const lease = await take()
      assert.equal(await backend.committer.commit(lease, { outputs: [], position: at(5) }), 'committed')
      assert.deepEqual((await backend.store.get(lease.shardId))?.checkpoint, at(5))
    })

    test('a renewal between commits changes nothing', async () => {
      const lease = await take()
      const { shardId } = lease
      const kept = await backend.store.keep(lease)
      assert.notEqual(kept, 'lost')
      const work = { outputs: [output(shardId, 1)], position: at(1) }
      assert.equal(await backend.committer.commit(lease, work), 'committed')
      assert.deepEqual(await written(shardId), ['good 1'])
    })

    test('after another took the lease, nothing is written and nothing moves', async () => {
      const lease = await take()
      const { shardId } = lease
      await backend.committer.commit(lease, { outputs: [output(shardId, 1)], position: at(1) })
      const next = await steal(shardId, 'b')
      assert.deepEqual(next.checkpoint, at(1))
      const outputs = [output(shardId, 2), output(shardId, 2, 'bad')]
      assert.equal(await backend.committer.commit(lease, { outputs, position: at(2) }), 'lost')
      assert.equal(await backend.committer.commit(lease, { outputs: [], position: at(2) }), 'lost')
      assert.deepEqual(await written(shardId), ['good 1'])
      assert.deepEqual(await written(shardId, 'bad'), [])
      assert.deepEqual((await backend.store.get(shardId))?.checkpoint, at(1))
    })

    test('a lease taken twice by the same owner fences its own first take', async () => {
      const first = await take('a')
      const second = await steal(first.shardId, 'a')
      const work = { outputs: [output(first.shardId, 1)], position: at(1) }
      assert.equal(await backend.committer.commit(first, work), 'lost')
      assert.equal(await backend.committer.commit(second, work), 'committed')
      assert.deepEqual(await written(first.shardId), ['good 1'])
    })

    test('after a release nothing more is written', async () => {
      const lease = await take()
      assert.equal(await backend.store.release(lease, { checkpoint: at(1) }), 'released')
      const work = { outputs: [output(lease.shardId, 2)], position: at(2) }
      assert.equal(await backend.committer.commit(lease, work), 'lost')
      assert.deepEqual(await written(lease.shardId), [])
    })

    test('work that was committed before is not written again', async () => {
      const lease = await take()
      const work = { outputs: [output(lease.shardId, 1)], position: at(1) }
      assert.equal(await backend.committer.commit(lease, work), 'committed')
      assert.equal(await backend.committer.commit(lease, work), 'committed')
      assert.deepEqual(await written(lease.shardId), ['good 1'])
    })

    test('of work with a record that no stream can hold, nothing is written', async () => {
      const lease = await take()
      const { shardId } = lease
      const huge = { ...output(shardId, 1, 'bad'), data: new Uint8Array(40 * 1024 * 1024) }
      const commit = backend.committer.commit(lease, {
        outputs: [output(shardId, 1), huge],
        position: at(1),
      })
      await assert.rejects(commit, { code: 'sink', retryable: false })
      assert.deepEqual(await written(shardId), [])
      assert.deepEqual((await backend.store.get(shardId))?.checkpoint, { at: 'trimHorizon' })
    })

    test('a race between a commit and a take has one outcome: written before the take, or never', async () => {
      for (let round = 1; round <= 20; round++) {
        const lease = await take()
        const { shardId } = lease
        const work = { outputs: [output(shardId, 1)], position: at(1) }
        const [outcome, next] = await Promise.all([
          backend.committer.commit(lease, work),
          steal(shardId, 'b'),
        ])
        const expected = outcome === 'committed' ? at(1) : { at: 'trimHorizon' }
        assert.deepEqual(next.checkpoint, expected)
        assert.deepEqual(await written(shardId), outcome === 'committed' ? ['good 1'] : [])
      }
    })
  })
}
