import type { Backend } from '../backends/index.ts'
import type { Config } from '../config/index.ts'

/** Makes the streams that are not there yet. Any number of processes may do so at once. */
export async function createStreams(backend: Backend, config: Config): Promise<void> {
  const { raw, ...outputs } = config.streams
  const { retentionMs } = config.embedded
  await backend.createStream(raw.name, { shards: raw.shards, role: 'raw', retentionMs })
  for (const stream of Object.values(outputs)) {
    if (stream === undefined) continue
    await backend.createStream(stream.name, { shards: stream.shards, role: 'output', retentionMs })
  }
}
