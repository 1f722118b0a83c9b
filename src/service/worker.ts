import {
  completeSchemas,
  coreDefaults,
  isColumn,
  parseHooks,
  unknownSchemas,
  type ColumnName,
  type CoreOptions,
} from '../core/index.ts'
import { openAssets, type AssetSettings, type AssetStore } from '../assets/index.ts'
import type { Config } from '../config/index.ts'
import { parseSelfDescribing } from '../iglu/index.ts'
import { MillraceError, readVersion } from '../lib/index.ts'
import {
  buildCore,
  EnrichWorker,
  InlineEnricher,
  ThreadPool,
  type CoreSetup,
  type Enricher,
} from '../worker/index.ts'
import { openStreams } from './backend.ts'
import { openDelivery } from './delivery.ts'
import type { Documents, Running } from './running.ts'
import type { ServiceParts } from './service-parts.ts'

export interface RunningWorker extends Running {
  /** `drainMs`: how long it may take when that is less than configured. */
  stop(reason: string, drainMs?: number): Promise<void>
}

/** Starts an enrich worker. Rejects with a MillraceError when configuration or backend do not allow it. */
export async function startWorker(
  config: Config,
  documents: Documents,
  parts: ServiceParts,
): Promise<RunningWorker> {
  const { clock, observe } = parts
  const assets = openAssets({ ...assetSettings(config), clock, observe })
  const enricher = await makeEnricher(config, documents, { ...parts, assets })
  const backend = await openStreams(config, parts, 'run')
  const stream = config.streams.raw.name
  const { application } = config
  const delivery = openDelivery(backend, config, parts)
  const worker = new EnrichWorker({
    ...config.worker,
    source: backend.source(stream, { application }),
    leaseStore: backend.leaseStore({ application, stream }),
    delivery,
    enricher,
    initialPosition: config.input.initialPosition,
    timers: config.leases,
    maxLeases: config.leases.maxLeases,
    clock,
    observe,
  })
  // Before it takes a lease: a shard that was handed over must not wait for threads to start.
  await enricher.warmUp?.()
  await worker.start()
  assets.watch()
  observe({ type: 'worker-ready', worker: worker.id, stream, threads: config.worker.threads })
  return {
    async stop(reason, drainMs) {
      await worker.stop(reason, drainMs)
      await Promise.all([enricher.close(), delivery.close(), assets.close()])
      await backend.close()
    },
  }
}

async function makeEnricher(
  config: Config,
  documents: Documents,
  { observe, assets }: ServiceParts & { readonly assets: AssetStore },
): Promise<Enricher> {
  const { application, aws, backend } = config
  const { batchTimeoutMs } = config.worker
  const inContext = backend === 'aws' && aws.provenance === 'derivedContext'
  const setup: CoreSetup = {
    core: coreOptions(config),
    scripts: config.enrich.scripts,
    ...(inContext && { provenanceOf: application }),
    ...documents,
    // A thread that waits for the outside must not be taken for one that hangs.
    lookupMs: batchTimeoutMs / 2,
  }
  // Built here even when threads do the work: what is wrong with a configuration should be known before anything opens.
  const { core, warnings, ...around } = await buildCore(setup, observe, assets)
  for (const warning of warnings) observe({ type: 'configuration-warning', warning })
  // A thread can be ended when a script hangs where nothing else can stop it; this one renews the leases.
  const threads = Math.max(config.worker.threads, documents.enrichments.some(isScript) ? 1 : 0)
  return threads === 0
    ? new InlineEnricher(core, { ...around, observe })
    : new ThreadPool({ threads, setup, batchTimeoutMs, observe, assets })
}

/** How the files of enrichments are fetched, as configured. */
export function assetSettings({ enrich, aws }: Config): AssetSettings {
  const { assetsUpdatePeriodMs: updatePeriodMs, assetsDirectory: directory } = enrich
  const { maxAssetBytes: maxBytes, assetTimeoutMs: timeoutMs } = enrich
  return {
    updatePeriodMs,
    maxBytes,
    timeoutMs,
    ...(directory !== undefined && { directory }),
    ...(aws.region !== undefined && { region: aws.region }),
  }
}

function isScript(document: unknown): boolean {
  const described = parseSelfDescribing(document)
  return typeof described === 'object' && described.schema.name === 'javascript_script_config'
}

// A partition key of Kinesis that also says which input made the record has so many bytes at most.
const provenanceBytes = 256

/** Throws a MillraceError for a column or an adapter's schema that does not exist, and for a hook that asks for one. */
export function coreOptions({ enrich, backend, aws, streams }: Config): CoreOptions {
  const { partitionKey, atomicFieldsLimits, adaptersSchemas, maxRecordBytes, yauaa, ...others } = enrich
  const { scripts: _, ...rest } = others
  const [unknown] = unknownSchemas(adaptersSchemas)
  if (unknown !== undefined) throw configError('enrich.adaptersSchemas', `no adapter asks for ${unknown}`)
  parseHooks(enrich.hooks)
  const inKey = backend === 'aws' && aws.provenance === 'partitionKey'
  return {
    ...coreDefaults,
    ...rest,
    emitPii: streams.pii !== undefined,
    emitFailed: streams.failed !== undefined,
    maxRecordBytes: inKey ? maxRecordBytes - provenanceBytes : maxRecordBytes,
    adaptersSchemas: completeSchemas(adaptersSchemas),
    processor: { ...coreDefaults.processor, version: readVersion() },
    atomicFieldsLimits: Object.fromEntries(
      Object.entries(atomicFieldsLimits).map(([name, limit]) => [
        column(name, 'enrich.atomicFieldsLimits'),
        limit,
      ]),
    ),
    ...(yauaa !== undefined && { yauaa }),
    ...(partitionKey !== undefined && { partitionKey: column(partitionKey, 'enrich.partitionKey') }),
  }
}

function column(name: string, field: string): ColumnName {
  if (isColumn(name)) return name
  throw configError(field, `${name} is not a column of an enriched event`)
}

function configError(field: string, problem: string): MillraceError {
  return new MillraceError('config', `${field}: ${problem}`, { retryable: false })
}
