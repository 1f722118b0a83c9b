import type { MemoryStream } from '../../src/backends/memory/stream.ts'
import { dedupe } from '../../src/delivery/index.ts'
import type { ShardBatch } from '../../src/streams/index.ts'

export interface Read {
  /** Records that came a second time through the bundled reader. */
  readonly copies: number
  /** Records that it dropped although no other with their key came through. */
  readonly lost: number
}

/** Reads a stream as a consumer does who keeps the reader's rule. */
export async function readOnce(stream: MemoryStream): Promise<Read> {
  const seen = new Map<string, number>()
  const source = { listShards: async () => stream.shards.map(shard => shard.describe()) }
  for await (const { records } of dedupe(batchesOf(stream), { source }))
    for (const { provenance } of records)
      for (const name of nameOf(provenance)) seen.set(name, (seen.get(name) ?? 0) + 1)
  const all = new Set(
    stream.shards.flatMap(({ records }) => records.flatMap(({ provenance }) => nameOf(provenance))),
  )
  const copies = [...seen.values()].reduce((sum, times) => sum + times - 1, 0)
  return { copies, lost: all.size - seen.size }
}

function nameOf(provenance: { readonly epoch: number } | undefined): string[] {
  if (provenance === undefined) return []
  const { epoch: _, ...key } = provenance
  return [JSON.stringify(key)]
}

/** In the order of arrival, parents before children. */
async function* batchesOf({ shards }: MemoryStream): AsyncGenerator<ShardBatch> {
  const all = shards.flatMap(({ shardId, records }) => records.map(record => ({ shardId, record })))
  all.sort((a, b) => Number(a.record.sequence) - Number(b.record.sequence))
  for (const { shardId, record } of all) {
    const position = { at: 'after', sequence: record.sequence, subSequence: 0 } as const
    yield { shardId, records: [record], position, millisBehindLatest: 0 }
  }
}
