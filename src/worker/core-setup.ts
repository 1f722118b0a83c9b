import { isMainThread } from 'node:worker_threads'
import { openAssets } from '../assets/index.ts'
import {
  configureEnrichments,
  createCore,
  openRemoteAdapters,
  type Assets,
  type Core,
  type CoreOptions,
  type RecordOrigin,
} from '../core/index.ts'
import { resolverConfigOf, SchemaResolver, type RegistryNews } from '../iglu/index.ts'
import { systemClock } from '../lib/index.ts'
import { openLookups } from '../lookups/index.ts'
import { unobserved, type EnrichmentCost, type Observe } from '../observe/index.ts'
import { EnrichmentProfile } from './profile.ts'
import { writeProvenanceContext } from '../streams/index.ts'
import { openScripts, type ScriptOptions } from '../scripts/index.ts'

/** All that `core` is built from, as plain data, so that each thread can build its own. */
export interface CoreSetup {
  readonly core: CoreOptions
  /** The application on whose behalf good events say in a derived context which record they came from. */
  readonly provenanceOf?: string
  /** Snowplow's resolver configuration, self-describing; null: only the schemas that come with this program. */
  readonly igluConfig: unknown
  /** Snowplow's enrichment configurations, self-describing. */
  readonly enrichments: readonly unknown[]
  /** Longest that the calls of one batch to the outside may take together; absent: as long as each of them may. */
  readonly lookupMs?: number
  /** One event in so many is timed; absent: as few as cost nothing. */
  readonly profileEvery?: number
  /** How scripts run; absent: as is usual. */
  readonly scripts?: ScriptOptions
}

export interface BuiltCore {
  readonly core: Core
  /** What a person should know of the configuration, although it works. */
  readonly warnings: readonly string[]
  /** A new batch begins, and with it the time of its calls to the outside. */
  readonly begin: () => void
  /** What the enrichments cost since the last time. */
  readonly costs: () => EnrichmentCost[]
  /** Ends the connections to the outside. */
  readonly close: () => Promise<void>
}

/** Rejects with a MillraceError that names every problem of the configurations. `assets`: where their files come from. */
export async function buildCore(
  { core: options, provenanceOf, igluConfig, enrichments, lookupMs, profileEvery, scripts }: CoreSetup,
  observe: Observe = unobserved,
  assets: Assets = openAssets({ observe }),
): Promise<BuiltCore> {
  const tell = (news: RegistryNews) =>
    observe('error' in news ? { type: 'iglu-outage', ...news } : { type: 'iglu-recovered', ...news })
  const { warnings, ...resolver } = resolverConfigOf(igluConfig)
  const schemas = new SchemaResolver({ ...resolver, clock: systemClock, tell })
  const profiler = new EnrichmentProfile(systemClock, profileEvery)
  const lookups = openLookups({ observe, ...(lookupMs !== undefined && { batchMs: lookupMs }) })
  const { yauaa } = options
  const services = {
    assets,
    lookups,
    scripts: openScripts(scripts, { rehearse: isMainThread }),
    ...(yauaa !== undefined && { yauaa }),
  }
  const { hooks, legacyEnrichmentOrder: legacyOrder } = options
  const tools = { schemas, services, profiler, hooks, legacyOrder }
  const configured = await configureEnrichments(enrichments, tools)
  const remoteAdapters = openRemoteAdapters(options.remoteAdapters, lookups)
  const names = [...configured.enrichments.names, ...Array.from(remoteAdapters.values(), ({ name }) => name)]
  const own = provenanceOf === undefined ? {} : { ownContext: contextFor(provenanceOf) }
  return {
    core: createCore({ schemas, enrichments: configured.enrichments, options, remoteAdapters, ...own }),
    warnings: [...warnings, ...configured.warnings],
    begin: () => lookups.begin(),
    costs: () => profiler.take(names, lookups.measures()),
    close: () => lookups.close(),
  }
}

function contextFor(application: string) {
  return (origin: RecordOrigin, index: number): string =>
    writeProvenanceContext({ ...origin, index, application })
}
