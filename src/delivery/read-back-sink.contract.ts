import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { bytes, readStream, text } from '../streams/read.contract.ts'
import type { OutputKind, OutputRecord, Source } from '../streams/index.ts'
import type { PutRequest, ReadBackSink } from './sink.ts'

export interface ReadBackBackend {
  /** For application `app`. */
  readonly sink: ReadBackSink
  readonly outputs: Readonly<Record<OutputKind, Source>>
  close(): Promise<void>
}

let sequences = 0

function output(kind: OutputKind, data: string, partitionKey = 'key'): OutputRecord {
  const provenance = { stream: 'raw', shardId: 's', sequence: String(++sequences), subSequence: 1, index: 2 }
  return { kind, partitionKey, data: bytes(data), provenance, output: 3 }
}

function request(records: readonly OutputRecord[], mayGo = () => true): PutRequest {
  return { kind: records[0]?.kind ?? 'good', records, epoch: 7, mayGo }
}

/** The promises of `ReadBackSink`. Each such backend's tests call this. */
export function testReadBackSink(name: string, makeBackend: () => Promise<ReadBackBackend>): void {
  describe(`read-back sink contract: ${name}`, () => {
    let backend: ReadBackBackend
    before(async () => {
      backend = await makeBackend()
    })
    after(() => backend.close())

    async function written(kind: OutputKind, records: readonly OutputRecord[]) {
      const sequences = new Set(records.map(({ provenance }) => provenance.sequence))
      const found = await readStream(backend.outputs[kind])
      return found.filter(({ provenance }) => provenance !== undefined && sequences.has(provenance.sequence))
    }

    test('what was stored can be read back, in order, from the stream of its kind', async () => {
      const records = [output('good', 'a'), output('good', 'b'), output('good', 'c')]
      const reply = await backend.sink.put(request(records))
      assert.deepEqual(reply.sent && reply.fates, ['stored', 'stored', 'stored'])
      assert.deepEqual((await written('good', records)).map(text), ['a', 'b', 'c'])
      assert.deepEqual(await written('bad', records), [])
    })

    test('a record tells its provenance, with the application and the epoch that wrote it', async () => {
      const records = [output('bad', 'x', 'its key')]
      await backend.sink.put(request(records))
      const [record] = await written('bad', records)
      const { sequence } = records[0]?.provenance ?? assert.fail()
      assert.deepEqual(
        { ...record?.provenance },
        {
          application: 'app',
          stream: 'raw',
          shardId: 's',
          sequence,
          subSequence: 1,
          index: 2,
          output: 3,
          epoch: 7,
        },
      )
      assert.equal(record?.partitionKey, 'its key')
    })

    test('when the fence says no, nothing is sent', async () => {
      const records = [output('good', 'never')]
      assert.deepEqual(await backend.sink.put(request(records, () => false)), { sent: false })
      assert.deepEqual(await written('good', records), [])
    })

    test('the fence is asked once, and after everything else', async () => {
      const asked: string[] = []
      const records = [output('good', 'a')]
      const put = backend.sink.put(
        request(records, () => {
          asked.push('asked')
          return true
        }),
      )
      await put
      assert.deepEqual(asked, ['asked'])
      const unfit = [output('good', 'b', '')]
      await assert.rejects(
        backend.sink.put(request(unfit, () => assert.fail('asked for what can never be stored'))),
        { code: 'sink', retryable: false },
      )
    })

    test('the same put again is stored again: nobody but the caller leaves copies out', async () => {
      const records = [output('good', 'twice')]
      await backend.sink.put(request(records))
      await backend.sink.put(request(records))
      assert.deepEqual((await written('good', records)).map(text), ['twice', 'twice'])
    })

    test('of a request with a record that no stream can hold, nothing is stored', async () => {
      const huge = { ...output('good', ''), data: new Uint8Array(40 * 1024 * 1024) }
      const records = [output('good', 'small'), huge]
      await assert.rejects(backend.sink.put(request(records)), { code: 'sink', retryable: false })
      assert.deepEqual(await written('good', records), [])
    })
  })
}
