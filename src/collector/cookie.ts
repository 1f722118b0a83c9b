import type { CookieConfig } from './config.ts'

/** Value of the first cookie of that name. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=')
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return undefined
}

/** The Set-Cookie header that makes the browser keep `networkUserId`. */
export function networkUserCookie(
  networkUserId: string,
  origin: string | undefined,
  { config, now }: { config: CookieConfig; now: number },
): string {
  const domain = cookieDomain(origin, config)
  const attributes = [
    `${config.name}=${networkUserId}`,
    `Expires=${new Date(now + config.expirationMs).toUTCString()}`,
    ...(domain === null ? [] : [`Domain=${domain}`]),
    'Path=/',
    ...(config.secure ? ['Secure'] : []),
    ...(config.httpOnly ? ['HttpOnly'] : []),
    `SameSite=${config.sameSite}`,
  ]
  return attributes.join('; ')
}

function cookieDomain(origin: string | undefined, { domains, fallbackDomain }: CookieConfig): string | null {
  if (domains.length === 0) return fallbackDomain
  const hosts = originHosts(origin)
  const matching = domains.find(domain => hosts.some(host => isWithin(host, domain)))
  return matching ?? fallbackDomain
}

function isWithin(host: string, domain: string): boolean {
  return `.${host}`.endsWith(`.${domain.toLowerCase()}`)
}

/** An Origin may name several, separated by spaces. */
function originHosts(origin: string | undefined): string[] {
  const origins = origin?.split(' ') ?? []
  return origins.flatMap(one => URL.parse(one)?.hostname ?? [])
}
