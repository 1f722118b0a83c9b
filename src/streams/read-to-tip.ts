import type { StreamRecord } from './record.ts'
import type { ReadOptions, Source } from './source.ts'

/**
 * Every record that a stream holds now, shard after shard, parents before children, up to the tip of each as it was
 * when the reader came there: for tools that look at what is there and end.
 */
export async function* readToTip(source: Source, options: ReadOptions): AsyncGenerator<StreamRecord> {
  for (const { shardId } of await source.listShards()) {
    for await (const batch of source.read(shardId, { at: 'trimHorizon' }, options)) {
      yield* batch.records
      if (batch.millisBehindLatest === 0 && batch.records.length === 0) break
    }
  }
}
