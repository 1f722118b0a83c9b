/**
 * Where a redirect may go: the address as a browser will read it, or null. The Location is made from what was checked,
 * never from what was sent, so that no browser can read something else in it.
 */
export function redirectTarget(querystring: string, allowedHosts: readonly string[]): string | null {
  const wanted = new URLSearchParams(querystring).get('u')
  // A backslash is a slash to browsers, and a missing slash is added by them: only what is spelled out is followed.
  if (wanted === null || !/^https?:\/\/[^/]/i.test(wanted) || wanted.includes('\\')) return null
  const url = URL.parse(wanted)
  if (url === null || url.username !== '' || url.password !== '') return null
  return allowedHosts.some(allowed => isAllowed(url.hostname, allowed)) ? url.href : null
}

function isAllowed(host: string, allowed: string): boolean {
  const pattern = allowed.toLowerCase()
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern
}
