import { membersOf, type Members } from '../../lib/index.ts'
import type { Referer, RefererList, UtmReferrer } from './referers.ts'

/*
 * The files that say which pages are search engines and social networks: Snowplow's referers
 * `{medium: {source: {domains, parameters, utm_sources}}}`, and the lists of Matomo, `{source: [{urls, params}]}` of search engines
 * and `{source: [domain]}` of social networks. JSON, or YAML where the name ends so.
 */

// Some thousand are known.
const maxEntries = 500_000
// What the context utm_referrer has room for.
const maxUtm = { source: 128, medium: 64 }

/** A domain or a `utm_source`, and whose it is. */
type Entry =
  | { readonly domain: string; readonly referer: Referer }
  | { readonly utmSource: string; readonly referrer: UtmReferrer }

/** Throws a RangeError that says what is wrong with the document. `name` is that of its file. */
export function parseReferers(document: unknown, name: string): RefererList {
  const sites = new Map<string, Map<string, Referer>>()
  const utmSources = new Map<string, UtmReferrer>()
  let entries = 0
  for (const entry of entriesOf(membersOf(document), name)) {
    if ('utmSource' in entry) utmSources.set(entry.utmSource, entry.referrer)
    else addDomain(sites, entry.domain, entry.referer)
    if (++entries > maxEntries) throw new RangeError(`it has more than ${maxEntries} domains`)
  }
  if (sites.size === 0) throw new RangeError("it is neither Snowplow's list of referers nor one of Matomo's")
  return { sites, utmSources }
}

function addDomain(sites: Map<string, Map<string, Referer>>, domain: string, referer: Referer): void {
  const slash = domain.indexOf('/')
  const host = slash < 0 ? domain : domain.slice(0, slash)
  const site = sites.get(host) ?? new Map<string, Referer>()
  sites.set(host, site.set(slash < 0 ? '' : domain.slice(slash), referer))
}

function* entriesOf(document: Members, name: string): Generator<Entry> {
  for (const [key, value] of Object.entries(document)) {
    if (Array.isArray(value)) yield* matomoSource(key, value, name)
    else yield* snowplowMedium(key, membersOf(value))
  }
}

function* snowplowMedium(medium: string, sources: Members): Generator<Entry> {
  for (const [source, value] of Object.entries(sources)) {
    const { domains, parameters, utm_sources: utmSources } = membersOf(value)
    const referer: Referer = { medium, source, parameters: textsOf(parameters) }
    for (const domain of textsOf(domains)) yield { domain, referer }
    const referrer: UtmReferrer = { source, medium }
    for (const utmSource of textsOf(utmSources)) {
      if (source.length > maxUtm.source || medium.length > maxUtm.medium)
        throw new RangeError(
          `its source ${source.slice(0, 50)} has utm_sources, and a name or a medium longer than the context utm_referrer may have`,
        )
      yield { utmSource, referrer }
    }
  }
}

function* matomoSource(source: string, items: readonly unknown[], name: string): Generator<Entry> {
  const medium = /assistant/i.test(name) ? 'chatbot' : 'social'
  const referer: Referer = { medium, source, parameters: [] }
  for (const item of items) {
    if (typeof item === 'string') yield { domain: item, referer }
    const { urls, params } = membersOf(item)
    const engine: Referer = { medium: 'search', source, parameters: textsOf(params) }
    for (const domain of textsOf(urls)) yield { domain, referer: engine }
  }
}

function textsOf(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? [value] : []
  return list.filter(one => typeof one === 'string')
}
