import { after } from '../../after.ts'
import { columnIndex } from '../../columns.ts'
import type { DerivedContext } from '../../event.ts'
import type { EnrichmentKind, ParameterErrors } from '../configuration.ts'
import type { EnrichmentResult } from '../enrichment.ts'
import { enrichmentFailed } from '../inputs/index.ts'
import type { Answer } from '../services.ts'
import { readAnswer } from './answer.ts'
import { cacheKeyOf, headersOf, questionOf } from './question.ts'

const name = 'yauaa'
const schema = 'iglu:nl.basjes/yauaa_context/jsonschema/1-0-4'

const defaultCacheSize = 10_000
// A cache makes room for all of them at once, in every thread.
const largestCache = 1_000_000
// An answer is a function of the question, until somebody updates the service.
const ttlMs = 3_600_000
const errorTtlMs = 10_000

const unknownAgent: readonly DerivedContext[] = [{ schema, data: { deviceClass: 'Unknown' } }]

/** What Yauaa reads from the user agent and the client hints. Yauaa is Java: its own web service is asked. */
export const yauaa: EnrichmentKind = {
  criterion: 'iglu:com.snowplowanalytics.snowplow.enrichments/yauaa_enrichment_config/jsonschema/1-0-*',
  name,
  step: 'yauaa',
  create({ key, parameters }, { lookups, yauaa: service }) {
    const size = cacheSizeOf(parameters['cacheSize'])
    if (service === undefined) return noService
    if (size === undefined) return { errors: [`cacheSize must be at most ${largestCache}`] }
    const by = { schemaKey: key.uri, identifier: name }
    const endpoint = endpointOf(service.url)
    const lookup = lookups.http<readonly DerivedContext[]>({
      name,
      timeoutMs: service.timeoutMs,
      concurrency: service.maxConnections,
      cache: { size, ttlMs, errorTtlMs },
      read: response => contextsOf(readAnswer(response)),
    })
    const finish = (answer: Answer<readonly DerivedContext[]>): EnrichmentResult =>
      'error' in answer ? enrichmentFailed(by, [answer.error]) : answer.value
    return ({ row }, { raw }) => {
      const userAgent = row[columnIndex.useragent]
      if (typeof userAgent !== 'string' || userAgent === '') return unknownAgent
      const headers = headersOf(userAgent, raw.payload.headers)
      return after(lookup.ask(cacheKeyOf(headers), questionOf(endpoint, headers)), finish)
    }
  },
}

const noService: ParameterErrors = {
  errors: [
    'Yauaa is a Java library that Millrace asks through its own web service: run that, `docker run -p 8080:8080 nielsbasjes/yauaa:7.11.0`, and name it in enrich.yauaa.url (docs/enrichments.md); or set enabled to false',
  ],
}

function cacheSizeOf(size: unknown): number | undefined {
  if (size === undefined) return defaultCacheSize
  return typeof size === 'number' && size <= largestCache ? Math.max(0, size) : undefined
}

/** The service may be behind a path. */
function endpointOf(url: string): string {
  return new URL('graphql', url.endsWith('/') ? url : `${url}/`).href
}

function contextsOf(answer: Answer<object>): Answer<readonly DerivedContext[]> {
  return 'error' in answer ? answer : { value: [{ schema, data: answer.value }] }
}
