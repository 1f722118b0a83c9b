import { decodePercents } from '../percent.ts'

/*
 * Which pages are search engines, social networks and their like: a table that is read from a file, and its lookup.
 */

export interface Referer {
  readonly medium: string
  readonly source: string
  /** Parameters of its address that hold what was searched for; the first in the address counts. */
  readonly parameters: readonly string[]
}

/** Pages of one host by their paths; the empty path is all of it. */
export type Site = ReadonlyMap<string, Referer>

/** By host; a `{}` in it stands for a country's domain. */
export type Referers = ReadonlyMap<string, Site>

/** A site that says in the links to other pages that they come from it: the value of their `utm_source`. */
export interface UtmReferrer {
  readonly source: string
  readonly medium: string
}

/** What one file says. */
export interface RefererList {
  readonly sites: Referers
  /** By the whole value of `utm_source`. */
  readonly utmSources: ReadonlyMap<string, UtmReferrer>
}

/** What there is of a host and of those above it, the longest first. */
export function findSites(tables: readonly Referers[], host: string): readonly Site[] {
  return hostsAbove(host).flatMap(name => tables.flatMap(table => table.get(name) ?? []))
}

/** The entry of a page on one of these sites: the longest path counts first, then the first site. */
export function findReferer(sites: readonly Site[], path: string): Referer | undefined {
  if (sites.length === 0) return undefined
  const segment = /^\/[^/]+/.exec(path)?.[0] ?? ''
  for (const one of [path, segment, '']) {
    for (const site of sites) {
      const found = site.get(one)
      if (found !== undefined) return found
    }
  }
  return undefined
}

// No host has more; what a tracker sends may.
const maxLabels = 20

/** `a.b.com`, `b.com`, `com`, and each with `{}` in its country's place. */
function hostsAbove(host: string): readonly string[] {
  const labels = host.split('.').slice(-maxLabels)
  return labels.flatMap((_, from) => {
    const name = from === 0 ? host : labels.slice(from).join('.')
    const open = withoutCountry(name)
    return open === name ? [name] : [name, open]
  })
}

const country = /(?:\.(?:com?|org|net|ac|go|or|ne|it|edu))?\.[a-z]{2}$/

function withoutCountry(host: string): string {
  if (/^[a-z]{2}\.[^.]+\.[^.]+/.test(host)) return `{}${host.slice(2)}`
  return host.replace(country, '.{}')
}

/** What was searched for, from the querystring of a search engine's address; null when it does not say. */
export function searchTerm(query: string, parameters: readonly string[]): string | null {
  for (const pair of query.split('&')) {
    const [name = '', value = ''] = pair.split('=', 2)
    if (parameters.includes(decoded(name))) return decoded(value)
  }
  return null
}

function decoded(text: string): string {
  return decodePercents(text.replaceAll('+', ' '))
}
