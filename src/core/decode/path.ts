/** Who defined the protocol of a request, and which version of it: what its path says. */
export interface Api {
  readonly vendor: string
  readonly version: string
}

/** The first tracker protocol: a pixel that carries everything in its querystring. */
const trackerProtocol1: Api = { vendor: 'com.snowplowanalytics.snowplow', version: 'tp1' }

const vendorAndVersion = /^\/?([^/]+)\/([^/]+)\/?$/

/** What the path of a request asks for; null when it is none of ours. */
export function apiOf(path: string): Api | null {
  const parts = vendorAndVersion.exec(path)
  if (parts !== null) return { vendor: parts[1] ?? '', version: parts[2] ?? '' }
  return isPixelPath(path) ? trackerProtocol1 : null
}

/** Whether a path is the one of the first tracker protocol. */
export function isPixelPath(path: string): boolean {
  return path.startsWith('/ice.png') || path === '/i' || path.startsWith('/i?')
}
