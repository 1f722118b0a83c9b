import type { TestContext } from 'node:test'
import { systemClock } from '../../lib/index.ts'
import type { Position, ReadOptions, RecordBatch, Source } from '../../streams/index.ts'
import type { AwsOptions } from './index.ts'
import { scripted } from './test-backend.ts'
import { TestShard } from './test-shard.ts'

export const horizon = { at: 'trimHorizon' } as const

export async function open(context: TestContext, options: Partial<AwsOptions> = {}) {
  const shard = new TestShard()
  const { backend, service } = await scripted(context, shard.script, options)
  return { shard, service, backend, source: backend.source('raw') }
}

export function limits(changed: Partial<ReadOptions> = {}): ReadOptions {
  const { signal } = new AbortController()
  return { signal, maxBatchBytes: 100_000, maxBatchRecords: 1000, ...changed }
}

/** Batches up to the one that is enough. */
export async function read(
  source: Source,
  from: Position,
  enough: (batches: readonly RecordBatch[]) => boolean,
  options = limits(),
): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = []
  for await (const batch of source.read('shardId-000000000000', from, options)) {
    batches.push(batch)
    if (enough(batches)) break
  }
  return batches
}

export const never = () => false
export const caughtUp = (batches: readonly RecordBatch[]) => batches.at(-1)?.millisBehindLatest === 0

export function texts(batches: readonly RecordBatch[]): string[] {
  return batches.flatMap(({ records }) => records.map(({ data }) => Buffer.from(data).toString()))
}

/** A clock on which every sleep is over at once and the time has passed all the same. */
export function hurriedClock() {
  let passed = 0
  return {
    ...systemClock,
    monotonic: () => performance.now() + passed,
    async sleep(ms: number) {
      passed += ms
      await new Promise(resolve => setImmediate(resolve))
    },
  }
}
