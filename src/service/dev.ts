import type { Config } from '../config/index.ts'
import { startCollector } from './collector.ts'
import type { Documents, Running } from './running.ts'
import { startTraffic, type Traffic } from './traffic.ts'
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts'
import type { ServiceParts } from './service-parts.ts'

export interface DevOptions {
  readonly workers: number
  /** Events per second that a real tracker sends to the collector; 0: none. */
  readonly trafficRate: number
}

export interface RunningDev extends Running {
  readonly collectorPort: number
  readonly workers: readonly WorkerProcess[]
  readonly traffic: Traffic | undefined
}

/** The whole pipeline on this machine: the collector in this process, each worker in one of its own, live traffic. */
export async function startDev(
  config: Config,
  documents: Documents,
  { workers: count, trafficRate }: DevOptions,
  parts: ServiceParts,
): Promise<RunningDev> {
  const collector = await startCollector(config, parts)
  const starting = await Promise.allSettled(
    Array.from({ length: count }, (_, i) =>
      startWorkerProcess(`worker-${i + 1}`, { config, documents }, parts),
    ),
  )
  const workers = starting.flatMap(start => (start.status === 'fulfilled' ? start.value : []))
  const refused = starting.find(start => start.status === 'rejected')
  if (refused !== undefined) {
    await Promise.all([collector, ...workers].map(part => part.stop('a worker did not start')))
    throw refused.reason
  }
  const endpoint = `http://127.0.0.1:${collector.port}`
  const wanted = trafficRate > 0
  const plain = config.collector.tls === null
  const warning =
    'no live traffic: the tracker would not trust the certificate of collector.tls for 127.0.0.1'
  if (wanted && !plain) parts.observe({ type: 'configuration-warning', warning })
  const traffic =
    wanted && plain ? startTraffic({ endpoint, eventsPerSecond: trafficRate, clock: parts.clock }) : undefined
  let stopped: Promise<void> | undefined
  const stop = async (reason: string): Promise<void> => {
    // From the front to the back. What is in the raw stream by then is enriched now or after the next start.
    await traffic?.stop()
    await collector.stop(reason)
    await Promise.all(workers.map(worker => worker.stop(reason)))
  }
  return { collectorPort: collector.port, workers, traffic, stop: reason => (stopped ??= stop(reason)) }
}
