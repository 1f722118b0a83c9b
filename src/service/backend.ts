import { holdsStreams, openEmbedded } from '../backends/embedded/index.ts'
import type { Backend } from '../backends/index.ts'
import type { Config } from '../config/index.ts'
import type { Clock } from '../lib/index.ts'
import type { OutputKind } from '../streams/index.ts'

/** Opens what keeps streams and leases. */
export function openBackend({ embedded }: Config, clock: Clock): Backend {
  const { directory, retentionMs, durability } = embedded
  return openEmbedded({
    directory,
    retentionMs,
    durability,
    clock,
  })
}

/** Whether there is a pipeline where the configuration says, so that looking at it makes no files. */
export function hasPipeline({ embedded }: Config): boolean {
  return holdsStreams(embedded.directory)
}

/** Opens a backend whose streams are there. */
export async function openStreams(config: Config, clock: Clock): Promise<Backend> {
  const backend = openBackend(config, clock)
  return await orClose(backend, async () => {
    await createStreams(backend, config)
    return backend
  })
}

/** Does `work`; when that fails, closes the backend: its threads would keep the process from ending. */
export async function orClose<T>(backend: Backend, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    await backend.close()
    throw error
  }
}

/** Makes the streams that are not there yet. Any number of processes may do so at once. */
export async function createStreams(backend: Backend, config: Config): Promise<void> {
  const { raw, good, bad, failed } = config.streams
  const { retentionMs } = config.embedded
  await backend.createStream(raw.name, { shards: raw.shards, role: 'raw', retentionMs })
  for (const stream of failed === undefined ? [good, bad] : [good, bad, failed]) {
    await backend.createStream(stream.name, { shards: stream.shards, role: 'output', retentionMs })
  }
}

export function outputStreams({ streams }: Config): Partial<Record<OutputKind, string>> {
  const { good, bad, failed } = streams
  return { good: good.name, bad: bad.name, ...(failed !== undefined && { failed: failed.name }) }
}
