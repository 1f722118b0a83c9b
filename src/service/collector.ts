import { startCollector as listen } from '../collector/index.ts'
import type { Config } from '../config/index.ts'
import { createStreams, openBackend } from './backend.ts'
import type { Running } from './running.ts'
import { version } from './version.ts'
import type { ServiceParts } from './worker.ts'

export interface RunningCollector extends Running {
  readonly port: number
}

/** Starts the HTTP collector on the raw stream. Rejects with a MillraceError when it cannot. */
export async function startCollector(
  config: Config,
  { clock, observe }: ServiceParts,
): Promise<RunningCollector> {
  const backend = openBackend(config, clock)
  await createStreams(backend, config)
  const collector = await listen(
    { ...config.collector, processor: { artifact: 'millrace-collector', version } },
    {
      producer: backend.producer(config.streams.raw.name),
      bad: backend.producer(config.streams.bad.name),
      clock,
      observe,
    },
  )
  return {
    port: collector.port,
    async stop() {
      await collector.stop()
      await backend.close()
    },
  }
}
