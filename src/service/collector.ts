import { startCollector as listen } from '../collector/index.ts'
import type { Config } from '../config/index.ts'
import { openStreams, orClose } from './backend.ts'
import { readVersion } from '../lib/index.ts'
import type { Running } from './running.ts'
import type { ServiceParts } from './service-parts.ts'

export interface RunningCollector extends Running {
  readonly port: number
}

/** Starts the HTTP collector on the raw stream. Rejects with a MillraceError when it cannot. */
export async function startCollector(config: Config, parts: ServiceParts): Promise<RunningCollector> {
  const backend = await openStreams(config, parts, 'collect')
  const processor = { artifact: 'millrace-collector', version: readVersion() }
  const producer = backend.producer(config.streams.raw.name)
  const bad = backend.producer(config.streams.bad.name)
  const collector = await orClose(backend, () =>
    listen({ ...config.collector, processor }, { producer, bad, ...parts }),
  )
  return {
    port: collector.port,
    async stop() {
      await collector.stop()
      await backend.close()
    },
  }
}
