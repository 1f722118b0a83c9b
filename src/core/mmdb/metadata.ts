import { membersOf } from '../../lib/index.ts'
import { DataSection } from './data-section.ts'

/** What a MaxMind DB file says of itself, checked. */
export interface Metadata {
  /** `GeoIP2-City` and its like. */
  readonly databaseType: string
  readonly nodeCount: number
  /** Bits of each of a node's two records. */
  readonly recordSize: 24 | 28 | 32
  readonly ipVersion: 4 | 6
  /** Where the metadata's marker begins, and so where the data ends. */
  readonly place: number
}

const marker = Buffer.from('\u00ab\u00cd\u00efMaxMind.com', 'latin1')
// The specification's limit.
const maxBytes = 128 * 1024

/** Throws a RangeError that says what is wrong. */
export function readMetadata(bytes: Buffer): Metadata {
  const place = bytes.lastIndexOf(marker)
  if (place < 0 || place < bytes.length - maxBytes) throw new RangeError('it is no MaxMind DB file')
  const start = place + marker.length
  const fields = membersOf(new DataSection(bytes, start, bytes.length).read(0))
  const { node_count: nodeCount, record_size: recordSize, ip_version: ipVersion } = fields
  if (fields.binary_format_major_version !== 2) throw new RangeError('its format is not version 2')
  if (recordSize !== 24 && recordSize !== 28 && recordSize !== 32)
    throw new RangeError(`its record size is ${shown(recordSize)}`)
  if (ipVersion !== 4 && ipVersion !== 6) throw new RangeError(`its IP version is ${shown(ipVersion)}`)
  if (typeof nodeCount !== 'number' || nodeCount < 1) throw new RangeError('it has no nodes')
  const { database_type: type } = fields
  return { databaseType: typeof type === 'string' ? type : '', nodeCount, recordSize, ipVersion, place }
}

function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : 'not a number'
}
