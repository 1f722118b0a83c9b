import { causeOf, chunksWithin, messageOf } from '../lib/index.ts'
import {
  maxSchemaBytes,
  notFound,
  parseSchemaText,
  type Registry,
  type RegistryAnswer,
  type RegistryPlace,
  schemaPath,
} from './registry.ts'
import type { SchemaKey } from './schema-key.ts'

export interface HttpRegistryOptions {
  /** The part before `/schemas/…`. */
  readonly uri: string
  readonly apiKey?: string
  /** For the whole answer, redirects included. */
  readonly timeoutMs?: number
}

// A registry is close by or behind a CDN; Snowplow's client allows 1 s to connect and 4 s to read.
const defaultTimeoutMs = 5000
// http to https, then to a canonical path.
const maxRedirects = 3

const redirects = new Set([301, 302, 303, 307, 308])
// The server asks us to come back: everything else below 500 is an answer.
const temporary = new Set([408, 425, 429])

/** A static registry or an Iglu Server, over HTTP. */
export class HttpRegistry implements Registry {
  readonly name: string
  readonly classPriority = 100
  readonly priority: number
  readonly vendorPrefixes: readonly string[]
  readonly #base: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #timeoutMs: number

  constructor(place: RegistryPlace, options: HttpRegistryOptions) {
    this.name = place.name
    this.priority = place.priority ?? 0
    this.vendorPrefixes = place.vendorPrefixes ?? []
    this.#base = options.uri.replace(/\/+$/, '')
    this.#headers = options.apiKey === undefined ? {} : { apikey: options.apiKey }
    this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs
  }

  async lookup(key: SchemaKey): Promise<RegistryAnswer> {
    const path = schemaPath(key)
    if (path === undefined) return notFound
    const url = new URL(`${this.#base}/schemas/${path}`)
    try {
      return await this.#get(url, AbortSignal.timeout(this.#timeoutMs))
    } catch (error) {
      return { kind: 'down', scope: 'registry', message: describeFailure(url, error) }
    }
  }

  async #get(url: URL, signal: AbortSignal): Promise<RegistryAnswer> {
    let target = url
    for (let hop = 0; hop <= maxRedirects; hop++) {
      const response = await fetch(target.href, { headers: this.#headers, redirect: 'manual', signal })
      if (!redirects.has(response.status)) return await readAnswer(target, response)
      await response.body?.cancel()
      const next = URL.parse(response.headers.get('location') ?? '', target.href)
      if (next === null || !mayFollow(target, next)) {
        // Our own rule, and it will be the same tomorrow: no outage that waiting could end.
        return refused(target, `redirects to ${next?.origin ?? 'nowhere'}, which is not followed`)
      }
      target = next
    }
    return down(url, `redirects more than ${maxRedirects} times`)
  }
}

/** The API key goes along, so a redirect may change neither the host nor leave HTTPS. */
function mayFollow(from: URL, to: URL): boolean {
  if (from.hostname !== to.hostname) return false
  return to.protocol === 'https:' || (from.protocol === 'http:' && to.protocol === 'http:')
}

async function readAnswer(url: URL, response: Response): Promise<RegistryAnswer> {
  if (response.ok) return readSchema(response)
  await response.body?.cancel()
  if (response.status === 404 || response.status === 410) return notFound
  if (response.status >= 500 || temporary.has(response.status))
    return down(url, `answers HTTP ${response.status}`)
  // Some buckets say 403 for a file that does not exist: waiting for another answer could be for ever.
  return refused(url, `answers HTTP ${response.status}`)
}

async function readSchema(response: Response): Promise<RegistryAnswer> {
  const chunks = await chunksWithin(response, maxSchemaBytes)
  if (chunks === undefined) {
    const message = `The schema has more than ${maxSchemaBytes} bytes`
    return { kind: 'refused', error: 'RepoFailure', message }
  }
  return parseSchemaText(Buffer.concat(chunks).toString('utf8'))
}

function refused(url: URL, what: string): RegistryAnswer {
  return { kind: 'refused', error: 'ClientFailure', message: `${url.origin} ${what}` }
}

function down(url: URL, what: string): RegistryAnswer {
  return { kind: 'down', scope: 'schema', message: `${url.origin} ${what}` }
}

function describeFailure(url: URL, error: unknown): string {
  const reason = messageOf(causeOf(error))
  const next = reason.includes('ENOTFOUND') ? '; check the host in the resolver configuration' : ''
  return `${url.origin} cannot be reached: ${reason}${next}`
}
