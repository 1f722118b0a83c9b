import { hash } from 'node:crypto'
import type { RecordOrigin } from '../event.ts'

/** Which event of which record. */
export interface EventPlace {
  readonly record: { readonly origin: RecordOrigin }
  readonly index: number
}

/**
 * A UUID of the event's place in the input, so that a replay gives it the same one. Version 8 is for those of one's own
 * making. `name` tells what else gets an id at that place.
 */
export function generatedId({ record, index }: EventPlace, { version = 8, name = '' } = {}): string {
  const { stream, shardId, sequence, subSequence } = record.origin
  const parts = [stream, shardId, sequence, subSequence, index, ...(name === '' ? [] : [name])]
  const digest = hash('sha256', parts.join('\n'))
  const variant = (8 + (Number.parseInt(digest.charAt(16), 16) & 3)).toString(16)
  const groups = [digest.slice(0, 8), digest.slice(8, 12), `${version}${digest.slice(13, 16)}`]
  return [...groups, variant + digest.slice(17, 20), digest.slice(20, 32)].join('-')
}
