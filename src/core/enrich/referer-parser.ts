import { LRUCache } from 'lru-cache'
import { columnIndex } from '../columns.ts'
import { assetUri } from './asset-uri.ts'
import { assetText } from './asset-lines.ts'
import type { EnrichedEvent } from '../event.ts'
import type { EnrichmentKind, ParameterErrors } from './configuration.ts'
import { toText } from './conversions.ts'
import type { Uri } from './java-uri.ts'
import {
  findReferer,
  findSites,
  searchTerm,
  type Referer,
  type RefererList,
  type Site,
  type UtmReferrer,
} from './referers.ts'
import { parseReferers } from './referers-file.ts'
import type { Asset, EnrichmentServices } from './services.ts'

const utmReferrer = 'iglu:com.snowplowanalytics.snowplow/utm_referrer/jsonschema/1-0-0'

/**
 * What kind of page the visitor came from, which, and what was searched for there; and beside that what the page's own
 * address says of it in `utm_source`. Never fails.
 */
export const refererParser: EnrichmentKind = {
  criterion: 'iglu:com.snowplowanalytics.snowplow/referer_parser/jsonschema/2-0-*',
  name: 'referer-parser',
  step: 'referer-parser',
  async create({ parameters }, services) {
    const uris = refererUris(parameters)
    if ('errors' in uris) return uris
    const files = await Promise.all(uris.map(uri => openReferers(uri, services)))
    const parser = new RefererParser(files, {
      internalDomains: parameters.internalDomains,
      referrers: parameters.referrers,
    })
    return (event, { refererUri, querystring }) => {
      if (refererUri !== null) setReferer(event, parser.parse(refererUri, event.page_urlhost))
      const utmSource = querystring.get('utm_source')
      const found = utmSource === undefined ? undefined : parser.utmReferrer(utmSource)
      return found === undefined ? undefined : [{ schema: utmReferrer, data: found }]
    }
  },
}

function setReferer(event: EnrichedEvent, details: RefererDetails | null): void {
  if (details === null) return
  // By name: nobody knows what is in the file.
  event.refr_medium = details.medium
  event.refr_source = details.source
  event.row[columnIndex.refr_term] = details.term
}

/** Several files may be named with commas between them: Matomo keeps search engines and social networks apart. */
function refererUris({
  uri,
  database,
}: Readonly<Record<string, unknown>>): readonly string[] | ParameterErrors {
  const names = typeof database === 'string' ? database.split(',').map(name => name.trim()) : [database]
  const uris = names.map(name => assetUri({ uri, database: name }))
  const errors = uris.flatMap(one => (typeof one === 'string' ? [] : one.errors))
  return errors.length > 0 ? { errors } : uris.filter(one => typeof one === 'string')
}

async function openReferers(uri: string, { assets }: EnrichmentServices): Promise<Asset<RefererList>> {
  const read = /\.ya?ml$/i.test(uri) ? await yamlReader() : (text: string): unknown => JSON.parse(text)
  return await assets.open(uri, bytes => parseReferers(read(assetText(bytes, 'utf8')), uri))
}

async function yamlReader(): Promise<(text: string) => unknown> {
  const { parse } = await import('yaml')
  // No list needs an alias, and they may multiply.
  return text => parse(text, { maxAliasCount: 0, logLevel: 'error' })
}

export interface RefererDetails {
  readonly medium: string
  readonly source: string | null
  readonly term: string | null
}

export interface OwnReferers {
  /** Hosts that are one's own. */
  readonly internalDomains: unknown
  /** Entries that count before those of the files, in Snowplow's form. */
  readonly referrers: unknown
}

const internal: RefererDetails = { medium: 'internal', source: null, term: null }
const unknown: RefererDetails = { medium: 'unknown', source: null, term: null }

const schemes: ReadonlySet<string | null> = new Set(['http', 'https', 'android-app'])
const maxHosts = 5000
// What trackers send may be of any length, names of hosts are not.
const maxHostLength = 255

export class RefererParser {
  readonly #files: readonly Asset<RefererList>[]
  readonly #own: readonly RefererList[]
  readonly #internalDomains: ReadonlySet<string>
  readonly #sites = new LRUCache<string, readonly Site[]>({ max: maxHosts })
  /** The files' contents that `#sites` came from. */
  #used: readonly RefererList[] = []

  constructor(files: readonly Asset<RefererList>[], { internalDomains, referrers }: OwnReferers) {
    this.#files = files
    const domains: readonly unknown[] = Array.isArray(internalDomains) ? internalDomains : []
    this.#internalDomains = new Set(domains.map(domain => String(domain).trim()))
    this.#own = isEmpty(referrers) ? [] : [parseReferers(referrers, '')]
  }

  /** Null where the address is none of a page. */
  parse({ scheme, host, path, query }: Uri, pageHost: string | number | null): RefererDetails | null {
    if (host === null || !schemes.has(scheme)) return null
    if (host === pageHost || this.#internalDomains.has(host)) return internal
    const referer = this.#find(host, path ?? '')
    if (referer === undefined) return unknown
    const { medium, source, parameters } = referer
    const term = medium === 'search' && query !== null ? searchTerm(query, parameters) : null
    return { medium, source, term: term === null ? null : toText(term) }
  }

  /** Who a link says that it comes from. The whole value counts, as it is. */
  utmReferrer(utmSource: string): UtmReferrer | undefined {
    for (const { utmSources } of this.#own) {
      const found = utmSources.get(utmSource)
      if (found !== undefined) return found
    }
    for (const { current } of this.#files) {
      const found = current.utmSources.get(utmSource)
      if (found !== undefined) return found
    }
    return undefined
  }

  #find(host: string, path: string): Referer | undefined {
    this.#forgetOld()
    return findReferer(this.#sites.get(host) ?? this.#findSites(host), path)
  }

  #findSites(host: string): readonly Site[] {
    const sites = findSites(
      [...this.#own, ...this.#used].map(list => list.sites),
      host,
    )
    if (host.length <= maxHostLength) this.#sites.set(host, sites)
    return sites
  }

  #forgetOld(): void {
    if (this.#files.every((file, index) => file.current === this.#used[index])) return
    this.#sites.clear()
    this.#used = this.#files.map(file => file.current)
  }
}

function isEmpty(value: unknown): boolean {
  return typeof value !== 'object' || value === null || Object.keys(value).length === 0
}
