/** Four numbers to 255, without a sign or a fifth. */
export function parseIpv4(text: string): number[] | null {
  const parts = text.split('.')
  if (parts.length !== 4) return null
  const octets = parts.map(part => (/^\d{1,3}$/.test(part) ? Number(part) : 256))
  return octets.every(octet => octet < 256) ? octets : null
}

/** The eight groups of an IPv6 address, whose last two may be written as IPv4; null for any other text. */
export function parseIpv6(text: string): number[] | null {
  // 45 is the longest: six groups and an IPv4 address.
  if (text.length > 45 || !text.includes(':')) return null
  const [head = '', tail, ...more] = text.split('::')
  if (more.length > 0) return null
  const before = parseGroups(head, tail === undefined)
  const after = tail === undefined ? [] : parseGroups(tail, true)
  if (before === null || after === null) return null
  const missing = 8 - before.length - after.length
  if (tail === undefined ? missing !== 0 : missing < 1) return null
  return [...before, ...Array.from({ length: missing }, () => 0), ...after]
}

/** `::ffff:1.2.3.4`, an IPv4 address in IPv6's clothes. */
export function isMappedIpv4(groups: readonly number[]): boolean {
  return groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff
}

const bracketed = /^\[([^\]]*)\](?::\d+)?$/

/** `[::1]` and `[::1]:80` are `::1`; any other text stays. */
export function withoutBrackets(text: string): string {
  return bracketed.exec(text)?.[1] ?? text
}

function parseGroups(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === '') return []
  const parts = text.split(':')
  const last = parts.at(-1) ?? ''
  const ipv4 = mayEndInIpv4 && last.includes('.') ? parseIpv4(last) : []
  if (ipv4 === null) return null
  if (ipv4.length > 0) parts.pop()
  if (!parts.every(part => /^[\da-fA-F]{1,4}$/.test(part))) return null
  const groups = parts.map(part => Number.parseInt(part, 16))
  const [a, b, c, d] = ipv4
  if (a === undefined || b === undefined || c === undefined || d === undefined) return groups
  return [...groups, a * 256 + b, c * 256 + d]
}
