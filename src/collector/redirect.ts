import type { CollectorConfig } from './config.ts'

export type RedirectRules = Pick<CollectorConfig, 'redirectDomains' | 'redirectMacro'>

/**
 * Where a redirect may go: the address as a browser will read it, or null; the visitor's id stands in it where the
 * macro was. The Location is made from what was checked, never from what was sent, so that no browser can read something
 * else in it. Whether it is null depends on no id.
 */
export function redirectTarget(
  querystring: string,
  rules: RedirectRules,
  networkUserId: string,
): string | null {
  const sent = new URLSearchParams(querystring).get('u')
  const { enabled, placeholder } = rules.redirectMacro
  const wanted = enabled && sent !== null ? sent.replaceAll(placeholder, () => networkUserId) : sent
  // A backslash is a slash to browsers, and a missing slash is added by them: only what is spelled out is followed.
  if (wanted === null || !/^https?:\/\/[^/]/i.test(wanted) || wanted.includes('\\')) return null
  const url = URL.parse(wanted)
  if (url === null || url.username !== '' || url.password !== '') return null
  return rules.redirectDomains.some(allowed => isAllowed(url.hostname, allowed)) ? url.href : null
}

function isAllowed(host: string, allowed: string): boolean {
  const pattern = allowed.toLowerCase()
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern
}
