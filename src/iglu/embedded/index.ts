import { schemasByUri } from '../embedded-registry.ts'
import { appEvents } from './app-events.ts'
import { badRows } from './bad-rows.ts'
import { derivedContexts } from './derived-contexts.ts'
import { enrichmentConfigs } from './enrichment-configs.ts'
import { lookupConfigs } from './lookup-configs.ts'
import { resolverConfigs } from './resolver-configs.ts'
import { trackerContexts } from './tracker-contexts.ts'
import { trackerEvents } from './tracker-events.ts'
import { wrappers } from './wrappers.ts'

/**
 * The schemas that this program comes with, by URI: those that it cannot work without, and what Snowplow's trackers
 * send by default. They accept exactly what Iglu Central's do, in words of our own.
 */
export const embeddedSchemas: ReadonlyMap<string, unknown> = schemasByUri([
  ...wrappers,
  ...trackerEvents,
  ...appEvents,
  ...trackerContexts,
  ...derivedContexts,
  ...enrichmentConfigs,
  ...lookupConfigs,
  ...resolverConfigs,
  ...badRows,
])
