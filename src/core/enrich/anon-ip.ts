import { columnIndex } from '../columns.ts'
import type { EnrichmentKind, ParameterErrors } from './configuration.ts'
import { isMappedIpv4, parseIpv6, withoutBrackets } from './ip-address.ts'

/** How much of an address to hide, counted from its end. */
export interface AnonIpParameters {
  /** Of the four numbers of IPv4. */
  readonly octets: number
  /** Of the eight groups of IPv6. */
  readonly segments: number
}

/** Hides the end of user_ipaddress, after everything that may need the address. Never fails. */
export const anonIp: EnrichmentKind = {
  criterion: 'iglu:com.snowplowanalytics.snowplow/anon_ip/jsonschema/1-0-*',
  name: 'anon-ip',
  step: 'anon-ip',
  create({ parameters }) {
    const anonymity = parseAnonIp(parameters)
    if ('errors' in anonymity) return anonymity
    return ({ row }) => {
      const address = row[columnIndex.user_ipaddress]
      if (typeof address === 'string') row[columnIndex.user_ipaddress] = anonymizeIp(address, anonymity)
      return undefined
    }
  },
}

export function parseAnonIp(
  parameters: Readonly<Record<string, unknown>>,
): AnonIpParameters | ParameterErrors {
  const { anonOctets, anonSegments = anonOctets } = parameters
  const octets = wholeNumber(anonOctets, 4)
  const segments = wholeNumber(anonSegments, 8)
  const errors = [
    ...(octets === null ? ['anonOctets must be 1, 2, 3 or 4'] : []),
    ...(segments === null ? ['anonSegments must be a whole number from 1 to 8'] : []),
  ]
  return octets === null || segments === null ? { errors } : { octets, segments }
}

function wholeNumber(value: unknown, max: number): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max ? value : null
}

const mappedIpv4 = /^(.*:)([\d.]+)$/

/** What is no address is treated as the kind that its dots or colons suggest, or left as it is. */
export function anonymizeIp(text: string, { octets, segments }: AnonIpParameters): string {
  const groups = parseIpv6(withoutPortAndZone(text))
  if (groups !== null) {
    const [, prefix = '', ipv4 = ''] = (isMappedIpv4(groups) && mappedIpv4.exec(text)) || []
    if (ipv4.includes('.')) return prefix + mask(ipv4.split('.'), '.', 4 - octets)
    return mask(
      groups.map(group => group.toString(16)),
      ':',
      8 - segments,
    )
  }
  if (text === '' || text.includes('.')) return mask(text.split('.'), '.', 4 - octets)
  return text.includes(':') ? mask(text.split(':'), ':', 8 - segments) : text
}

function mask(parts: readonly string[], separator: string, shown: number): string {
  return parts.map((part, index) => (index < shown ? part : 'x')).join(separator)
}

function withoutPortAndZone(text: string): string {
  const address = withoutBrackets(text)
  const zone = address.indexOf('%')
  return zone < 0 ? address : address.slice(0, zone)
}
