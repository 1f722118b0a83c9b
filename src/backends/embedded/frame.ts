import type { StreamRecord, WrittenProvenance } from '../../streams/index.ts'

// A frame is one record inside a batch: the lengths of its parts (u32 data, u16 key, u16 provenance), then key,
// provenance and data. The same bytes go to the thread, into the file and back, so that nobody packs them twice.
const headBytes = 8

export interface Framed {
  readonly partitionKey: string
  readonly data: Uint8Array
  /** Empty when there is none. */
  readonly provenance: string
}

/** Where one frame lies in its batch. */
export interface FrameSpan {
  readonly start: number
  readonly end: number
  readonly key: Buffer
  readonly dataBytes: number
}

/** Packs records into one buffer of their own, which may be transferred. */
export function packFrames(records: readonly Framed[]): Uint8Array<ArrayBuffer> {
  const frames = Buffer.allocUnsafeSlow(records.reduce((sum, record) => sum + frameBytes(record), 0))
  let at = 0
  for (const { partitionKey, data, provenance } of records) {
    const keyBytes = frames.write(partitionKey, at + headBytes)
    const provenanceBytes = frames.write(provenance, at + headBytes + keyBytes)
    frames.writeUInt32LE(data.byteLength, at)
    frames.writeUInt16LE(keyBytes, at + 4)
    frames.writeUInt16LE(provenanceBytes, at + 6)
    frames.set(data, at + headBytes + keyBytes + provenanceBytes)
    at += headBytes + keyBytes + provenanceBytes + data.byteLength
  }
  return frames
}

export function frameBytes({ partitionKey, data, provenance }: Framed): number {
  return headBytes + Buffer.byteLength(partitionKey) + Buffer.byteLength(provenance) + data.byteLength
}

export function* frameSpans(frames: Buffer): Generator<FrameSpan> {
  let start = 0
  while (start < frames.byteLength) {
    const dataBytes = frames.readUInt32LE(start)
    const keyEnd = start + headBytes + frames.readUInt16LE(start + 4)
    const end = keyEnd + frames.readUInt16LE(start + 6) + dataBytes
    yield { start, end, key: frames.subarray(start + headBytes, keyEnd), dataBytes }
    start = end
  }
}

/** The records of a batch. Their data are views: each keeps the whole batch alive. */
export function readFrames(batch: Uint8Array, firstSequence: number, arrivedAt: number): StreamRecord[] {
  const frames = Buffer.from(batch.buffer, batch.byteOffset, batch.byteLength)
  const records: StreamRecord[] = []
  for (const { start, end, key, dataBytes } of frameSpans(frames)) {
    const provenance = frames.toString('utf8', start + headBytes + key.byteLength, end - dataBytes)
    const record = {
      sequence: String(firstSequence + records.length),
      subSequence: 0,
      partitionKey: key.toString(),
      arrivedAt,
      data: batch.subarray(end - dataBytes, end),
    }
    records.push(provenance === '' ? record : { ...record, provenance: readProvenance(provenance) })
  }
  return records
}

export function writeProvenance(provenance: WrittenProvenance): string {
  const { application, stream, shardId, sequence, subSequence, index, output, epoch } = provenance
  return `${application}\n${stream}\n${shardId}\n${sequence}\n${subSequence}\n${index}\n${output}\n${epoch}`
}

function readProvenance(text: string): WrittenProvenance {
  const [application = '', stream = '', shardId = '', sequence = '', ...numbers] = text.split('\n')
  const [subSequence = 0, index = 0, output = 0, epoch = 0] = numbers.map(Number)
  return { application, stream, shardId, sequence, subSequence, index, output, epoch }
}
