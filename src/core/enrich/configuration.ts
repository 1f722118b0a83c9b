import { isObject, membersOf, MillraceError } from '../../lib/index.ts'
import {
  matchesCriterion,
  parseCriterion,
  parseSelfDescribing,
  schemaKey,
  type SchemaKey,
} from '../../iglu/index.ts'
import type { Schemas } from '../options.ts'
import type { Enrich, Enrichment, Step } from './enrichment.ts'
import type { EnrichmentsOptions } from './enrichments.ts'
import type { HooksOptions } from './hooks/index.ts'
import type { EnrichmentServices } from './services.ts'

/** A configuration that has passed its own schema. */
export interface EnrichmentConfig {
  readonly key: SchemaKey
  readonly parameters: Readonly<Record<string, unknown>>
  /** What stands beside the parameters. */
  readonly data: Readonly<Record<string, unknown>>
}

/** Everything that is wrong with the parameters of one configuration. */
export interface ParameterErrors {
  readonly errors: readonly string[]
  /** They come from the outside, and may be gone later. */
  readonly retryable?: boolean
}

/** How one kind of enrichment is made from its configuration. */
export interface EnrichmentKind {
  /** The configurations it understands, `iglu:vendor/name/format/1-0-*`. */
  readonly criterion: string
  /** In metrics. */
  readonly name: string
  readonly step: Step
  /** Whether there may be several, which then run in the order of their configurations. */
  readonly several?: true
  create(
    config: EnrichmentConfig,
    services: EnrichmentServices,
  ): Enrich | ParameterErrors | Promise<Enrich | ParameterErrors>
}

/** Kinds by the name of their configuration's schema. */
export type EnrichmentKinds = Readonly<Record<string, EnrichmentKind>>

export interface CreatedEnrichments {
  readonly enrichments: readonly Enrichment[]
  /** Configurations that nobody here knows. They are ignored, as Snowplow does, but not silently. */
  readonly warnings: readonly string[]
}

/**
 * Makes enrichments of Snowplow's configuration files. Rejects with one error that names everything that is wrong;
 * a configuration that is disabled is not looked at any further. Of two for one enrichment the later one counts, if
 * there may not be several.
 */
export async function createEnrichments(
  documents: readonly unknown[],
  tools: EnrichmentTools,
  kinds: EnrichmentKinds,
): Promise<CreatedEnrichments> {
  const creation: Creation = { ...tools, kinds, created: new Map(), errors: [], outages: [], warnings: [] }
  creation.errors.push(...(await check(wrapperKey, documents, tools.schemas)))
  for (const document of documents) await create(document, creation)
  if (creation.errors.length + creation.outages.length > 0) throw refusal(creation)
  return { enrichments: [...creation.created.values()], warnings: creation.warnings }
}

/** What enrichments are made with. */
export interface EnrichmentTools extends EnrichmentsOptions {
  readonly schemas: Schemas
  readonly services: EnrichmentServices
  readonly hooks?: HooksOptions | undefined
}

const wrapperKey = schemaKey('com.snowplowanalytics.snowplow', 'enrichments', '1-0-0')

interface Creation extends EnrichmentTools {
  readonly kinds: EnrichmentKinds
  readonly created: Map<string, Enrichment>
  readonly errors: string[]
  /** Errors that may be gone later. */
  readonly outages: string[]
  readonly warnings: string[]
}

async function create(document: unknown, creation: Creation): Promise<void> {
  const selfDescribing = parseSelfDescribing(document)
  if (typeof selfDescribing === 'string') {
    creation.errors.push(`not a self-describing JSON (${selfDescribing}): ${shown(document)}`)
    return
  }
  const { schema: key, data } = selfDescribing
  if (isObject(data) && data.enabled === false) return
  const kind = Object.hasOwn(creation.kinds, key.name) ? creation.kinds[key.name] : undefined
  if (kind === undefined) creation.warnings.push(`${key.uri} is no enrichment known here and is ignored`)
  else await createOne(kind, { key, data }, creation)
}

interface Described {
  readonly key: SchemaKey
  readonly data: unknown
}

async function createOne(kind: EnrichmentKind, { key, data }: Described, creation: Creation): Promise<void> {
  const { errors, outages, schemas, services, created } = creation
  const criterion = parseCriterion(kind.criterion)
  if (criterion === undefined || !matchesCriterion(criterion, key)) {
    errors.push(`${key.uri}: a configuration must match ${kind.criterion}`)
    return
  }
  const issues = await check(key, data, schemas)
  errors.push(...issues)
  if (issues.length > 0 || !isObject(data)) return
  const parameters = membersOf(data.parameters)
  const enrich = await creating(kind, { key, data, parameters }, services)
  if ('errors' in enrich) {
    const list = enrich.retryable === true ? outages : errors
    list.push(...enrich.errors.map(error => `${key.uri}: ${error}`))
    return
  }
  const { name, step, several = false } = kind
  if (!several && created.has(key.name))
    creation.warnings.push(`there are several configurations of ${key.name}: the last one counts, ${key.uri}`)
  const enrichment = { name, schemaKey: key.uri, step, enrich }
  created.set(several ? `${key.name} ${created.size}` : key.name, enrichment)
}

/** An asset that cannot be had is told beside whatever else is wrong. */
async function creating(
  kind: EnrichmentKind,
  config: EnrichmentConfig,
  services: EnrichmentServices,
): Promise<Enrich | ParameterErrors> {
  try {
    return await kind.create(config, services)
  } catch (error) {
    if (error instanceof MillraceError) return { errors: [error.message], retryable: error.retryable }
    throw error
  }
}

async function check(key: SchemaKey, data: unknown, schemas: Schemas): Promise<string[]> {
  const lookup = await schemas.lookup(key)
  if (lookup.kind === 'missing') return [`${key.uri}: no registry has this schema`]
  const { schemaIssues = [] } = lookup.schema
  const issues = schemaIssues.length > 0 ? schemaIssues : lookup.schema.validate(data)
  return issues.map(issue => `${key.uri}: ${issue.message}`)
}

/** With nothing but outages, another start may do better. */
function refusal({ errors, outages }: Creation): MillraceError {
  const list = [...errors, ...outages].map(error => `\n  ${error}`).join('')
  const retryable = errors.length === 0
  const message = `the enrichments cannot be configured as they are (millrace lint names the files):${list}`
  return new MillraceError(retryable ? 'asset' : 'config', message, { retryable })
}

function shown(document: unknown): string {
  return (JSON.stringify(document) ?? 'undefined').slice(0, 200)
}
