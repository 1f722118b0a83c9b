import assert from 'node:assert/strict'
import { schemaKey } from '../../iglu/index.ts'
import { EnrichedEvent, type DerivedContext } from '../event.ts'
import type { ColumnName, Columns } from '../columns.ts'
import type { EnrichmentKind, ParameterErrors } from './configuration.ts'
import type { Enrich, EnrichmentContext } from './enrichment.ts'
import type { EnrichmentServices } from './services.ts'
import { querystringMap } from './page.ts'
import { testEvent } from './test-events.ts'
import { parseUri } from './uri.ts'

/* One enrichment alone with an event, for the tests of this folder. */

type Parameters = Readonly<Record<string, unknown>>

export interface TestKind {
  readonly kind: EnrichmentKind
  readonly services: EnrichmentServices
  /** Of its configuration's schema. */
  readonly version?: string
}

/** The enrichment, or what is wrong with its parameters. */
export async function create(
  { kind, services, version }: TestKind,
  parameters: Parameters,
): Promise<Enrich | ParameterErrors> {
  const [, vendor = '', name = ''] = /^iglu:([^/]+)\/([^/]+)/.exec(kind.criterion) ?? []
  const key = schemaKey(vendor, name, version ?? '1-0-0')
  return await kind.create({ key, parameters, data: { parameters } }, services)
}

export async function created(test: TestKind, parameters: Parameters): Promise<Enrich> {
  const enrichment = await create(test, parameters)
  if ('errors' in enrichment) assert.fail(enrichment.errors.join())
  return enrichment
}

export interface TestResult {
  readonly event: EnrichedEvent
  readonly contexts: readonly DerivedContext[]
}

/** An event with these columns goes through the enrichment. */
export async function enrich(
  enrichment: Enrich,
  values: Partial<Columns>,
  derivedContexts: readonly DerivedContext[] = [],
): Promise<TestResult> {
  const event = Object.assign(new EnrichedEvent(), values)
  const context: EnrichmentContext = {
    raw: testEvent({}),
    unstructSchema: null,
    pageUri: null,
    refererUri: uriOf(event.page_referrer),
    querystring: querystringMap(event.page_urlquery ?? '', 'UTF-8'),
    derivedContexts,
  }
  const result = await enrichment(event, context)
  if (result !== undefined && 'failures' in result) assert.fail(JSON.stringify(result.failures))
  return { event, contexts: result !== undefined && 'length' in result ? result : [] }
}

function uriOf(text: string | null): EnrichmentContext['refererUri'] {
  if (text === null) return null
  const uri = parseUri(text)
  return 'error' in uri ? null : uri
}

/** These columns of an event. */
export function valuesOf(event: EnrichedEvent, names: readonly ColumnName[]): unknown[] {
  return names.map(name => event[name])
}
