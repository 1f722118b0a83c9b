import type { Provenance, WrittenProvenance } from './record.ts'

/*
 * Provenance inside an enriched event, where the partition key must stay as it was meant: the last one of its derived
 * contexts, in a schema of our own. It is looked for in that place only, so that nothing that a tracker sends can pass
 * for it. Bad rows have no place for one.
 */

/** `output` and `epoch` are left out: an event in the good stream is the only output of its kind. */
export type ContextProvenance = Provenance & Pick<WrittenProvenance, 'application'>

export const provenanceSchema = 'iglu:millrace/provenance/jsonschema/1-0-0'
const head = `{"schema":"${provenanceSchema}","data":`
const headBytes = Buffer.from(head)
/** How derived_contexts ends behind the last context. */
const tail = Buffer.from('}]}')
// derived_contexts is the 123rd of 131 columns.
const columnsBehind = 8
const tab = 9

/** The context as text. */
export function writeProvenanceContext(provenance: ContextProvenance): string {
  const { application, stream, shardId, sequence, subSequence, index } = provenance
  return `${head}${JSON.stringify({ application, stream, shardId, sequence, subSequence, index })}}`
}

/** Absent for what is no enriched event with such a context. */
export function readProvenanceContext(line: Uint8Array): WrittenProvenance | undefined {
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.byteLength)
  let end = bytes.length
  for (let column = 0; column < columnsBehind && end > 0; column++) end = bytes.lastIndexOf(tab, end - 1)
  if (end <= 0 || !bytes.subarray(end - tail.length, end).equals(tail)) return undefined
  const start = bytes.lastIndexOf(headBytes, end)
  if (start <= bytes.lastIndexOf(tab, end - 1)) return undefined
  return parse(bytes.toString('utf8', start + headBytes.length, end - tail.length))
}

function parse(text: string): WrittenProvenance | undefined {
  try {
    const data: unknown = JSON.parse(text)
    if (typeof data !== 'object' || data === null) return undefined
    const { application, stream, shardId, sequence, subSequence, index } = data as Record<string, unknown>
    if (typeof application !== 'string' || typeof stream !== 'string' || typeof shardId !== 'string')
      return undefined
    if (typeof sequence !== 'string' || typeof subSequence !== 'number' || typeof index !== 'number')
      return undefined
    return { application, stream, shardId, sequence, subSequence, index, output: 0, epoch: 0 }
  } catch {
    // Ours is whole JSON up to there.
    return undefined
  }
}
