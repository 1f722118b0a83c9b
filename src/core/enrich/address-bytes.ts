import { isMappedIpv4, parseIpv4, parseIpv6, withoutBrackets } from './ip-address.ts'

const withPort = /^([\d.]+):\d+$/

/**
 * The 4 or 16 bytes of an address, whose port, brackets or zone are let go; null for anything that is no literal
 * address, such as a host name. An IPv4 address in IPv6's clothes (`::ffff:1.2.3.4`) is one of IPv4.
 */
export function addressBytes(text: string): Uint8Array | null {
  // No address is longer; what a client claims may be.
  if (text.length > 100) return null
  const bare = withPort.exec(text)?.[1] ?? withoutBrackets(text)
  const ipv4 = parseIpv4(bare)
  if (ipv4 !== null) return Uint8Array.from(ipv4)
  const ipv6 = parseIpv6(bare.replace(/%.*$/, ''))
  return ipv6 === null ? null : ipv6Bytes(ipv6)
}

function ipv6Bytes(groups: readonly number[]): Uint8Array {
  const bytes = Uint8Array.from(groups.flatMap(group => [group >> 8, group & 255]))
  return isMappedIpv4(groups) ? bytes.subarray(12) : bytes
}
