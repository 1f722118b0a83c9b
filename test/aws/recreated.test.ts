import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { DeleteStreamCommand } from '@aws-sdk/client-kinesis'
import { MillraceError } from '../../src/lib/index.ts'
import { bytes, horizon, limits, text } from '../../src/streams/read.contract.ts'
import type { Position } from '../../src/streams/index.ts'
import { openDouble, shardId, type DoubleOptions } from './double.ts'

// A stream that is deleted, and made anew under its name, while somebody reads it.

async function open(t: TestContext, options: DoubleOptions) {
  const { backend, client, close } = await openDouble(options)
  t.after(close)
  const make = () => backend.createStream('raw', { shards: 1, role: 'raw' })
  await make()
  const put = (one: string) => backend.producer('raw').put([{ partitionKey: 'key', data: bytes(one) }])
  const remove = () =>
    client.send(new DeleteStreamCommand({ StreamName: 'raw', EnforceConsumerDeletion: true }))
  return { source: backend.source('raw', { application: 'reader' }), make, put, remove }
}

for (const retrieval of ['polling', 'fanOut'] as const) {
  test(
    `${retrieval}: what is put into the new stream is read from its beginning`,
    { timeout: 60_000 },
    async t => {
      const { source, make, put, remove } = await open(t, { retrieval })
      const read: string[] = []
      let position: Position = horizon
      await put('old')
      // As a worker does: what fails is claimed again, at the checkpoint.
      while (read.length < 3) {
        try {
          for await (const batch of source.read(shardId, position, limits(new AbortController().signal))) {
            read.push(...batch.records.map(text))
            position = batch.position
            if (read.length === 3) break
            if (read.length !== 1 || batch.records.length === 0) continue
            await remove()
            await make()
            await put('new')
            await put('newer')
          }
        } catch (error) {
          if (!(error instanceof MillraceError)) throw error
        }
      }
      assert.deepEqual(read, ['old', 'new', 'newer'])
    },
  )

  test(
    `${retrieval}: of a stream that is gone the reader says so after a while`,
    { timeout: 60_000 },
    async t => {
      const { source, put, remove } = await open(t, { retrieval, giveUpMs: 500 })
      await put('old')
      const reading = async () => {
        for await (const { records } of source.read(shardId, horizon, limits(new AbortController().signal)))
          if (records.length > 0) await remove()
      }
      await assert.rejects(reading(), { code: 'source', retryable: true, message: /create it first/ })
    },
  )
}
