import { isIP } from 'node:net'

export const unknownAddress = 'unknown'

/**
 * The visitor's address: the one that the outermost trusted proxy saw. With `all`, the first of X-Forwarded-For, as
 * Snowplow has it. Where that is not an address, the peer's.
 */
export function clientAddress(
  forwardedFor: string | undefined,
  peer: string | undefined,
  trustedProxies: number | 'all',
): string {
  const hops = forwardedFor?.split(',') ?? []
  const index = trustedProxies === 'all' ? 0 : Math.max(0, hops.length - trustedProxies)
  return plainAddress(hops[index] ?? '') ?? plainAddress(peer ?? '') ?? unknownAddress
}

/** Without port, brackets and the prefix of an IPv4 address in IPv6 clothes; null when there is no address in it. */
function plainAddress(text: string): string | null {
  const trimmed = text.trim().replaceAll('"', '')
  const bare = /^\[(.*)\](?::\d+)?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d+$/.exec(trimmed)?.[1] ?? trimmed
  const address = bare.startsWith('::ffff:') && isIP(bare.slice(7)) === 4 ? bare.slice(7) : bare
  return isIP(address) === 0 ? null : address
}
