import { z } from 'zod'
import { MillraceError } from '../lib/index.ts'
import { EmbeddedRegistry } from './embedded-registry.ts'
import { embeddedSchemas } from './embedded/index.ts'
import { FolderRegistry } from './folder-registry.ts'
import { HttpRegistry } from './http-registry.ts'
import { refuseDuplicateNames } from './registry-order.ts'
import type { Registry, RegistryPlace } from './registry.ts'
import { matchesCriterion, parseCriterion } from './schema-criterion.ts'
import { parseSelfDescribing } from './schema-key.ts'

/** What a resolver is made from. */
export interface ResolverConfig {
  readonly registries: readonly Registry[]
  readonly cacheSize: number
  readonly cacheTtlMs?: number
  /** What a person should know of the configuration, although it works. */
  readonly warnings: readonly string[]
}

const path = z.strictObject({ path: z.string().min(1).describe('A folder.') })

const connection = z.union([
  z.strictObject({
    http: z.strictObject({
      uri: z.url({ protocol: /^https?$/ }).describe('The part before /schemas.'),
      apikey: z.string().nullish().describe('Sent as the header apikey.'),
    }),
  }),
  z.strictObject({
    embedded: path.describe('The schemas that come with this program; the path is ignored.'),
  }),
  z.strictObject({ folder: path.describe('Schemas as files.') }),
])

const repository = z.strictObject({
  name: z.string().min(1).describe('Unique; failed events carry it.'),
  priority: z.number().describe('Registries of one kind are asked in this order.'),
  vendorPrefixes: z.array(z.string()).describe('Vendors that this registry is asked about first.'),
  connection,
})

const resolverConfig = z.strictObject({
  cacheSize: z.number().int().nonnegative().describe('Schemas kept in memory.'),
  cacheTtl: z
    .number()
    .int()
    .nonnegative()
    .nullish()
    .describe('Seconds after which a schema is asked for again.'),
  repositories: z.array(repository).describe('Where schemas come from.'),
})

const criterion = parseCriterion('iglu:com.snowplowanalytics.iglu/resolver-config/jsonschema/1-0-*')

// The name that failed events of Snowplow Enrich carry for it.
const embeddedName = 'Iglu Client Embedded'

/** Of Snowplow's resolver configuration; null: only the schemas that come with this program. */
export function resolverConfigOf(json: unknown): ResolverConfig {
  if (json !== null) return parseResolverConfig(json)
  return { registries: [newEmbeddedRegistry()], cacheSize: 500, warnings: [] }
}

/** Reads Snowplow's resolver configuration, a self-describing JSON. The embedded schemas are always among its registries. */
export function parseResolverConfig(json: unknown): ResolverConfig {
  const parsed = parseSelfDescribing(json)
  if (typeof parsed === 'string') return refuse(`it is not self-describing (${parsed})`)
  if (criterion === undefined || !matchesCriterion(criterion, parsed.schema)) {
    return refuse(`its schema is ${parsed.schema.uri}, not ${criterion?.uri}`)
  }
  const config = resolverConfig.safeParse(parsed.data)
  if (!config.success) return refuse(`\n${config.error.issues.map(sayIssue).join('\n')}`)
  const { cacheSize, cacheTtl, repositories } = config.data
  const named = repositories.map(newRegistry)
  const registries = named.some(({ name }) => name === embeddedName)
    ? named
    : [newEmbeddedRegistry(), ...named]
  refuseDuplicateNames(registries)
  const warnings = repositories.flatMap(warningsOf)
  return {
    registries,
    cacheSize,
    warnings,
    ...(typeof cacheTtl === 'number' ? { cacheTtlMs: cacheTtl * 1000 } : {}),
  }
}

/** The schemas that come with this program, as a registry. */
export function newEmbeddedRegistry(place: RegistryPlace = { name: embeddedName }): Registry {
  return new EmbeddedRegistry(place, embeddedSchemas)
}

function newRegistry({ connection, ...place }: z.infer<typeof repository>): Registry {
  if ('embedded' in connection) return newEmbeddedRegistry(place)
  if ('folder' in connection) return new FolderRegistry(place, connection.folder.path)
  const { uri, apikey } = connection.http
  return new HttpRegistry(place, typeof apikey === 'string' ? { uri, apiKey: apikey } : { uri })
}

// What every configuration of Snowplow's has there.
const usualEmbeddedPath = '/iglu-client-embedded'

function warningsOf({ name, connection }: z.infer<typeof repository>): string[] {
  if (!('embedded' in connection) || connection.embedded.path === usualEmbeddedPath) return []
  const { path } = connection.embedded
  return [
    `${name}: embedded.path ${path} is ignored; schemas in a folder need a connection of the kind folder`,
  ]
}

function sayIssue({ path, message }: z.core.$ZodIssue): string {
  return `data.${z.core.toDotPath(path)}: ${message.replace(/^Invalid input: /, '')}`
}

function refuse(why: string): never {
  throw new MillraceError('config', `the Iglu resolver configuration is refused: ${why}`, {
    retryable: false,
  })
}
