import { MillraceError } from '../../lib/index.ts'
import { shardIdOf, type WrittenProvenance } from '../../streams/index.ts'

/*
 * Kinesis records have no headers, but the partition key comes back with them. So it carries the provenance, and the
 * explicit hash key keeps the routing:
 *
 *   m1/APPLICATION/STREAM/SHARD/SEQUENCE/SUBSEQUENCE/INDEX/OUTPUT/EPOCH/KEY
 *
 * Names are percent-encoded, numbers have base 36, and `shardId-000000000012` is `c`. KEY is the partition key that
 * was meant, as it is; it is left out with its slash when it does not fit. Everything before KEY is ASCII without
 * slashes. A stream that is deleted and made again under its name gives other sequences, so its name is enough.
 */

/** Where an output record says which input made it. `none`: nowhere. */
export type ProvenancePlace = 'partitionKey' | 'derivedContext' | 'none'

const version = 'm1'
// Kinesis takes 1 to 256 characters.
const maxCharacters = 256
/** What provenance adds to a record at most. */
export const maxProvenanceBytes = maxCharacters
const fields = 9

export interface ParsedKey {
  readonly provenance: WrittenProvenance
  /** The key that was meant; absent when there was no room for it. */
  readonly partitionKey?: string
}

/** The partition key that says where a record comes from. Throws when the names are too long for one. */
export function writeProvenanceKey(provenance: WrittenProvenance, partitionKey?: string): string {
  const { application, stream, shardId, sequence, subSequence, index, output, epoch } = provenance
  const input = `${inputPrefix(application, stream, shardId)}${base36(sequence)}`
  const text = `${input}/${small(subSequence)}/${small(index)}/${small(output)}/${epoch.toString(36)}`
  const whole = partitionKey === undefined ? text : `${text}/${partitionKey}`
  if (whole.length <= maxCharacters) return whole
  if (text.length <= maxCharacters) return text
  const message = `cannot write where records come from into ${maxCharacters} characters: the application ${application} and the stream ${stream} have too long names; shorten one, or turn provenance off`
  throw new MillraceError('config', message, { retryable: false })
}

/** Absent for the key of a record that carries no provenance. */
export function parseProvenanceKey(key: string): ParsedKey | undefined {
  if (!key.startsWith('m1/')) return undefined
  const parts = key.split('/')
  const [, application, stream, shard, sequence, subSequence, index, output, epoch] = parts
  if (epoch === undefined || application === undefined || stream === undefined) return undefined
  try {
    const provenance = {
      application: decodeURIComponent(application),
      stream: decodeURIComponent(stream),
      shardId: parseShard(shard),
      sequence: parseSequence(sequence),
      subSequence: parseNumber(subSequence),
      index: parseNumber(index),
      output: parseNumber(output),
      epoch: parseNumber(epoch),
    }
    if (parts.length === fields) return { provenance }
    return { provenance, partitionKey: parts.slice(fields).join('/') }
  } catch (error) {
    // Somebody else's key that only begins like ours.
    if (error instanceof URIError || error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The prefix of the last record: the next one mostly comes from the same shard. */
let last = { application: '', stream: '', shardId: '', prefix: '' }

function inputPrefix(application: string, stream: string, shardId: string): string {
  if (last.shardId !== shardId || last.stream !== stream || last.application !== application) {
    const names = `${encodeURIComponent(application)}/${encodeURIComponent(stream)}`
    last = { application, stream, shardId, prefix: `${version}/${names}/${shardText(shardId)}/` }
  }
  return last.prefix
}

function shardText(shardId: string): string {
  const ordinal = Number(/^shardId-(\d{12,15})$/.exec(shardId)?.[1] ?? Number.NaN)
  return shardIdOf(ordinal) === shardId ? ordinal.toString(36) : `~${encodeURIComponent(shardId)}`
}

function parseShard(text = ''): string {
  return text.startsWith('~') ? decodeURIComponent(text.slice(1)) : shardIdOf(parseNumber(text))
}

/** Several events of one raw record follow each other. */
let converted = { decimal: '', text: '' }

function base36(decimal: string): string {
  if (converted.decimal !== decimal) converted = { decimal, text: BigInt(decimal).toString(36) }
  return converted.text
}

// Kinesis gives up to 128 bits, and its own numbers have 186.
function parseSequence(text = ''): string {
  if (!/^[0-9a-z]{1,50}$/.test(text)) throw new SyntaxError('no sequence')
  let value = 0n
  for (let i = 0; i < text.length; i += 10) {
    const part = text.slice(i, i + 10)
    value = value * 36n ** BigInt(part.length) + BigInt(Number.parseInt(part, 36))
  }
  return value.toString()
}

function small(value: number): string {
  return value === 0 ? '0' : value.toString(36)
}

function parseNumber(text = ''): number {
  if (!/^[0-9a-z]{1,11}$/.test(text)) throw new SyntaxError('no number')
  return Number.parseInt(text, 36)
}
