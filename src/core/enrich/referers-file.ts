import type { Referer, Referers } from './referers.ts'

/*
 * The files that say which pages are search engines and social networks: Snowplow's referers
 * `{medium: {source: {domains, parameters}}}`, and the lists of Matomo, `{source: [{urls, params}]}` of search engines
 * and `{source: [domain]}` of social networks. JSON, or YAML where the name ends so.
 */

type Fields = Readonly<Record<string, unknown>>

// Some thousand are known.
const maxDomains = 500_000

/** Throws a RangeError that says what is wrong with the document. `name` is that of its file. */
export function parseReferers(document: unknown, name: string): Referers {
  const referers = new Map<string, Map<string, Referer>>()
  let domains = 0
  for (const [domain, referer] of entriesOf(fieldsOf(document), name)) {
    const slash = domain.indexOf('/')
    const host = slash < 0 ? domain : domain.slice(0, slash)
    const site = referers.get(host) ?? new Map<string, Referer>()
    referers.set(host, site.set(slash < 0 ? '' : domain.slice(slash), referer))
    if (++domains > maxDomains) throw new RangeError(`it has more than ${maxDomains} domains`)
  }
  if (referers.size === 0)
    throw new RangeError("it is neither Snowplow's list of referers nor one of Matomo's")
  return referers
}

function* entriesOf(document: Fields, name: string): Generator<readonly [string, Referer]> {
  for (const [key, value] of Object.entries(document)) {
    if (Array.isArray(value)) yield* matomoSource(key, value, name)
    else yield* snowplowMedium(key, fieldsOf(value))
  }
}

function* snowplowMedium(medium: string, sources: Fields): Generator<readonly [string, Referer]> {
  for (const [source, value] of Object.entries(sources)) {
    const { domains, parameters } = fieldsOf(value)
    const referer: Referer = { medium, source, parameters: textsOf(parameters) }
    for (const domain of textsOf(domains)) yield [domain, referer]
  }
}

function* matomoSource(
  source: string,
  items: readonly unknown[],
  name: string,
): Generator<readonly [string, Referer]> {
  const medium = /assistant/i.test(name) ? 'chatbot' : 'social'
  const site: Referer = { medium, source, parameters: [] }
  for (const item of items) {
    if (typeof item === 'string') yield [item, site]
    const { urls, params } = fieldsOf(item)
    const engine: Referer = { medium: 'search', source, parameters: textsOf(params) }
    for (const url of textsOf(urls)) yield [url, engine]
  }
}

function textsOf(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? [value] : []
  return list.filter(one => typeof one === 'string')
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {}
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
