import { after } from '../../after.ts'
import type { EnrichmentKind } from '../configuration.ts'
import type { EnrichmentResult } from '../enrichment.ts'
import { enrichmentFailed } from '../inputs/index.ts'
import { questionKey } from '../question-key.ts'
import type { Answer, HttpRequest } from '../services.ts'
import { readInputs } from './inputs.ts'
import { readResponse, type ApiContexts } from './outputs.ts'
import { parseApiParameters, type ApiParameters } from './parameters.ts'
import { fillTemplate, leadsElsewhere } from './template.ts'

const name = 'api-request'

/** Asks an HTTP service about an event, and attaches what its JSON says. */
export const apiRequest: EnrichmentKind = {
  criterion: 'iglu:com.snowplowanalytics.snowplow.enrichments/api_request_enrichment_config/jsonschema/1-0-*',
  name,
  step: name,
  create({ key, parameters }, { lookups }) {
    const api = parseApiParameters(parameters)
    if ('errors' in api) return api
    const ttlMs = api.cache.ttlSeconds * 1000
    const lookup = lookups.http<ApiContexts>({
      name,
      timeoutMs: api.timeoutMs,
      cache: { size: api.cache.size, ttlMs, errorTtlMs: ttlMs / 10 },
      read: response => readResponse(response, api.outputs),
    })
    const by = { schemaKey: key.uri, identifier: name }
    const failed = (error: string) => (api.ignoreOnError ? undefined : enrichmentFailed(by, [error]))
    const finish = (answer: Answer<ApiContexts>): EnrichmentResult => {
      const contexts = 'error' in answer ? answer : answer.value
      return 'error' in contexts ? failed(contexts.error) : contexts.value
    }
    return (event, context) => {
      const values = readInputs(api.inputs, event, context)
      if (values === undefined) return undefined
      const request = requestOf(api, values)
      if (request === null) return undefined
      if (leadsElsewhere(request.url)) return failed('a value would change the path of the URL')
      return after(lookup.ask(questionKey(`${request.url} ${request.body ?? ''}`), request), finish)
    }
  },
}

/** Null while a value of the address is missing. */
export function requestOf(
  { method, uri, authorization }: ApiParameters,
  values: ReadonlyMap<string, string>,
): HttpRequest | null {
  const url = fillTemplate(uri, values)
  if (url === null) return null
  const headers = {
    'content-type': 'application/json',
    accept: '*/*',
    ...(authorization !== null && { authorization }),
  }
  if (method === 'GET') return { method, url, headers }
  return { method, url, headers, body: JSON.stringify(Object.fromEntries(values)) }
}
