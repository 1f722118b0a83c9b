import { LRUCache } from 'lru-cache'
import { RE2JS } from 're2js'
import type { DerivedContext } from '../event.ts'
import type { EnrichmentKind } from './configuration.ts'

/** Attaches the headers whose whole name matches a pattern. Never fails. */
export const httpHeaderExtractor: EnrichmentKind = {
  criterion: 'iglu:com.snowplowanalytics.snowplow.enrichments/http_header_extractor_config/jsonschema/1-0-*',
  name: 'http-header-extractor',
  step: 'http-header-extractor',
  create({ parameters: { headersPattern } }) {
    const isWanted = typeof headersPattern === 'string' ? matcher(headersPattern) : undefined
    if (isWanted === undefined)
      return { errors: ['headersPattern must be a regular expression without look-around'] }
    return (_event, { raw }) => extractHeaders(raw.payload.headers, isWanted)
  },
}

/** Whether a whole text matches, in time proportional to it. The few names that trackers send are remembered. */
export function matcher(pattern: string): ((text: string) => boolean) | undefined {
  try {
    const compiled = RE2JS.compile(pattern)
    const known = new LRUCache<string, boolean>({ max: 1000 })
    return text => {
      const answer = known.get(text) ?? compiled.matches(text)
      if (text.length < 100) known.set(text, answer)
      return answer
    }
  } catch {
    return undefined
  }
}

/** One context per header, in the order of the request. */
export function extractHeaders(
  headers: readonly string[],
  isWanted: (name: string) => boolean,
): readonly DerivedContext[] {
  const contexts: DerivedContext[] = []
  for (const header of headers) {
    const colon = header.indexOf(':')
    const name = header.slice(0, Math.max(colon, 0)).trim()
    if (colon < 0 || !isWanted(name)) continue
    contexts.push({
      schema: 'iglu:org.ietf/http_header/jsonschema/1-0-0',
      data: { name, value: header.slice(colon + 1).trim() },
    })
  }
  return contexts
}
