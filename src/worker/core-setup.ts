import { openAssets } from '../assets/index.ts'
import { configureEnrichments, createCore, type Core, type CoreOptions } from '../core/index.ts'
import {
  newEmbeddedRegistry,
  parseResolverConfig,
  SchemaResolver,
  type RegistryNews,
  type ResolverConfig,
} from '../iglu/index.ts'
import { systemClock } from '../lib/index.ts'
import { unobserved, type Observe } from '../observe/index.ts'

/** All that `core` is built from, as plain data, so that each thread can build its own. */
export interface CoreSetup {
  readonly core: CoreOptions
  /** Snowplow's resolver configuration, self-describing; null: only the schemas that come with this program. */
  readonly igluConfig: unknown
  /** Snowplow's enrichment configurations, self-describing. */
  readonly enrichments: readonly unknown[]
}

export interface BuiltCore {
  readonly core: Core
  /** What a person should know of the configuration, although it works. */
  readonly warnings: readonly string[]
}

/** Rejects with a MillraceError that names every problem of the configurations. */
export async function buildCore(
  { core: options, igluConfig, enrichments }: CoreSetup,
  observe: Observe = unobserved,
): Promise<BuiltCore> {
  const tell = (news: RegistryNews) =>
    observe('error' in news ? { type: 'iglu-outage', ...news } : { type: 'iglu-recovered', ...news })
  const { warnings, ...resolver } = resolverConfig(igluConfig)
  const schemas = new SchemaResolver({ ...resolver, clock: systemClock, tell })
  const configured = await configureEnrichments(enrichments, { schemas, services: { assets: openAssets() } })
  return {
    core: createCore({ schemas, enrichments: configured.enrichments, options }),
    warnings: [...warnings, ...configured.warnings],
  }
}

function resolverConfig(igluConfig: unknown): ResolverConfig {
  if (igluConfig !== null) return parseResolverConfig(igluConfig)
  return { registries: [newEmbeddedRegistry()], cacheSize: 500, warnings: [] }
}
