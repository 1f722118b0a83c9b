import type { Backend } from '../backends/index.ts'
import type { Config } from '../config/index.ts'
import {
  deliveryTimers,
  ReadBack,
  readBackDelivery,
  transactionalDelivery,
  type Delivery,
  type DeliveryTimers,
  type ReadBackSink,
} from '../delivery/index.ts'
import type { OutputKind, Source } from '../streams/index.ts'
import { outputStreams } from './backend.ts'
import type { ServiceParts } from './service-parts.ts'

// What one call of a read-back may bring.
const readBackLimits = { maxBatchBytes: 2 * 1024 * 1024, maxBatchRecords: 5000 }

/** Outputs and positions, once, as the backend's sink allows. */
export function openDelivery(backend: Backend, config: Config, parts: ServiceParts): Delivery {
  const { application, streams } = config
  const sink = backend.sink({
    application,
    inputStream: streams.raw.name,
    streams: outputStreams(config),
  })
  if (sink.capability === 'transactional') return transactionalDelivery(sink)
  return readingBack(sink, { backend, config, parts })
}

interface Parts {
  readonly backend: Backend
  readonly config: Config
  readonly parts: ServiceParts
}

function readingBack(sink: ReadBackSink, all: Parts): Delivery {
  const { backend, config, parts } = all
  const { serverDate } = backend
  const timers = timersOf(config)
  const written = { sink, timers, serverDate, ...parts }
  if (config.aws.provenance !== 'none')
    return readBackDelivery({ ...written, readBack: openReadBack(timers, all) })
  const warning = 'aws.provenance is none: delivery is at least once, and a crash repeats events'
  parts.observe({ type: 'configuration-warning', warning })
  return readBackDelivery(written)
}

function openReadBack({ dateSkewMs }: DeliveryTimers, { backend, config, parts }: Parts): ReadBack {
  const outputs = new Map<OutputKind, Source>()
  for (const [kind, stream] of Object.entries(outputStreams(config)))
    outputs.set(kind as OutputKind, backend.source(stream))
  return new ReadBack({
    outputs,
    application: config.application,
    stream: config.streams.raw.name,
    serverDate: backend.serverDate,
    dateSkewMs,
    ...readBackLimits,
    clock: parts.clock,
  })
}

/** What is not configured follows from the length of a lease. */
export function timersOf({ aws, leases, worker }: Config): DeliveryTimers {
  const { putTimeoutMs, settleMs, visibleMs, dateMarginMs, freshMs, maxOpenRecords } = aws
  return deliveryTimers({
    leaseMs: leases.leaseMs,
    dateMarginMs,
    freshMs,
    // A whole batch must fit.
    maxOpenRecords: Math.max(maxOpenRecords, worker.maxBatchRecords),
    ...(putTimeoutMs !== undefined && { putTimeoutMs }),
    ...(settleMs !== undefined && { settleMs }),
    ...(visibleMs !== undefined && { visibleMs }),
  })
}
