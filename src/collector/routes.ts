import type { RefusalReason } from './refusal.ts'

/** What a request asks for. `path` is the one to be recorded. */
export type Route =
  | { readonly to: 'track'; readonly path: string; readonly querystring: string }
  | { readonly to: 'redirect'; readonly path: string; readonly querystring: string }
  | { readonly to: 'preflight' }
  | { readonly to: 'health' }
  | { readonly to: 'sinkHealth' }
  | { readonly to: 'robots' }
  | { readonly to: 'nowhere'; readonly reason: RefusalReason }

const notFound: Route = { to: 'nowhere', reason: 'not-found' }
const methodNotAllowed: Route = { to: 'nowhere', reason: 'method-not-allowed' }

const fixedRoutes: Readonly<Record<string, Route>> = {
  '/health': { to: 'health' },
  '/sink-health': { to: 'sinkHealth' },
  '/robots.txt': { to: 'robots' },
}

/** The pixels of the first tracker protocol. */
const pixelPaths: ReadonlySet<string> = new Set(['/i', '/ice.png'])

export function routeOf(method: string, target: string, paths: Readonly<Record<string, string>>): Route {
  if (method === 'OPTIONS') return { to: 'preflight' }
  const { path, querystring } = splitTarget(target)
  const reading = method === 'GET' || method === 'HEAD'
  const fixed = fixedRoutes[path]
  if (fixed !== undefined) return reading ? fixed : methodNotAllowed
  if (pixelPaths.has(path)) return reading ? { to: 'track', path, querystring } : methodNotAllowed
  const recorded = vendorPath(path, paths)
  if (recorded === null) return notFound
  if (recorded.startsWith('/r/'))
    return reading ? { to: 'redirect', path: recorded, querystring } : methodNotAllowed
  return reading || method === 'POST' ? { to: 'track', path: recorded, querystring } : methodNotAllowed
}

/** `/vendor/version` without a trailing slash, as `paths` maps it. */
function vendorPath(path: string, paths: Readonly<Record<string, string>>): string | null {
  if (!/^\/[^/]+\/[^/]+\/?$/.test(path)) return null
  const plain = path.endsWith('/') ? path.slice(0, -1) : path
  return paths[plain] ?? plain
}

function splitTarget(target: string): { path: string; querystring: string } {
  // A proxy may ask in absolute form, and a server has to take it (RFC 9112, 3.2.2).
  const origin = /^https?:\/\/[^/?]*/i.exec(target)?.[0] ?? ''
  const question = target.indexOf('?', origin.length)
  if (question < 0) return { path: target.slice(origin.length), querystring: '' }
  return {
    path: target.slice(origin.length, question),
    querystring: target.slice(question + 1),
  }
}
