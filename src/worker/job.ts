import { omissions, type Core, type CoreOutput, type Omission } from '../core/index.ts'
import type { Outcome, RawRecord } from '../core/index.ts'
import { freeBuffer, PackReader, PackWriter } from '../lib/index.ts'
import { outputKinds, type OutputRecord, type StreamRecord } from '../streams/index.ts'

/** What an enrichment thread is asked to do, and what it answers: each one packed buffer. */
export interface Batch {
  readonly stream: string
  readonly shardId: string
  readonly records: readonly StreamRecord[]
  /** These records broke a thread and are not processed again: each becomes a generic_error with this reason. */
  readonly condemned?: string
}

export function packBatch({ stream, shardId, records, condemned }: Batch): ArrayBuffer {
  const bytes = records.reduce((sum, record) => sum + record.data.byteLength, 0)
  const pack = new PackWriter(bytes + records.length * 256 + 4096)
  pack.text(stream)
  pack.text(shardId)
  pack.text(condemned ?? '')
  pack.u32(records.length)
  for (const { sequence, subSequence, arrivedAt, data } of records) {
    pack.text(sequence)
    pack.u32(subSequence)
    pack.f64(arrivedAt)
    pack.bytes(data)
  }
  return pack.finish()
}

/** How many records are under way at once when enrichments wait for the outside; their outputs stay in order. */
const concurrency = 256

/** Runs one packed batch through `core`: the whole of what a thread does. */
export async function runJob(core: Core, packed: ArrayBuffer): Promise<ArrayBuffer> {
  const reader = new PackReader(packed)
  const origin = { stream: reader.text(), shardId: reader.text() }
  const condemned = reader.text()
  const count = reader.u32()
  const outputs = new PackWriter(packed.byteLength * 2)
  const omitted = { dropped: 0, piiTooLarge: 0, failedTooLarge: 0, invalid: 0 }
  const finish = (place: number, record: RawRecord, outcomes: readonly Outcome[]) =>
    write(
      outputs,
      place,
      core.emit(outcomes, record, what => void omitted[what]++),
    )
  let underWay: UnderWay[] = []
  for (let place = 0; place < count; place++) {
    const record = readRecord(reader, origin)
    const outcomes = condemned === '' ? begin(core, record) : condemn(record, condemned)
    // What is there already is written at once: events that outlive their garbage collection take half as much time
    // again, and a third of the thread's memory (bench/pipeline.ts).
    if (underWay.length === 0 && !(outcomes instanceof Promise)) finish(place, record, outcomes)
    else underWay.push({ place, record, outcomes })
    if (underWay.length < concurrency && place < count - 1) continue
    for (const one of underWay) finish(one.place, one.record, await one.outcomes)
    underWay = []
  }
  freeBuffer(packed)
  outputs.u32(endMark)
  for (const what of omissions) outputs.u32(omitted[what])
  return outputs.finish()
}

/** Stands where another output would name its record: behind it comes what was left out. */
const endMark = 0xffff_ffff

/** A record that waits for the outside, or for one before it that does. */
interface UnderWay {
  readonly place: number
  readonly record: RawRecord
  readonly outcomes: Outcome[] | Promise<Outcome[]>
}

function readRecord(reader: PackReader, origin: { stream: string; shardId: string }): RawRecord {
  const sequence = reader.text()
  const subSequence = reader.u32()
  const processedAt = reader.f64()
  return { origin: { ...origin, sequence, subSequence }, processedAt, data: reader.bytes() }
}

/** A record that fails while an earlier one is awaited is no unhandled rejection: its turn comes, or the batch has failed. */
function begin(core: Core, record: RawRecord): Outcome[] | Promise<Outcome[]> {
  const outcomes = core.process(record)
  if (outcomes instanceof Promise) outcomes.catch(() => {})
  return outcomes
}

function condemn(record: RawRecord, reason: string): Outcome[] {
  return [{ kind: 'bad', row: { type: 'generic_error', errors: [reason], payload: record.data } }]
}

/** `place` is that of their record in the batch. */
function write(pack: PackWriter, place: number, outputs: readonly CoreOutput[]): void {
  for (const { kind, partitionKey, index, output, data } of outputs) {
    pack.u32(place)
    pack.text(kind)
    pack.text(partitionKey)
    pack.u32(index)
    pack.u32(output)
    pack.bytes(data)
  }
}

/** What a batch became. `free` gives its memory back: the outputs must not be used afterwards. */
export interface Enriched {
  readonly outputs: readonly OutputRecord[]
  /** How much could have been written and is not, and how many invalid events are. */
  readonly omitted: Readonly<Partial<Record<Omission, number>>>
  free(): void
}

/** The outputs of a batch, each with the provenance of the record that it came from. */
export function unpackOutputs(packed: ArrayBuffer, { stream, shardId, records }: Batch): Enriched {
  const reader = new PackReader(packed)
  const outputs: OutputRecord[] = []
  for (let place = reader.u32(); place !== endMark; place = reader.u32()) {
    const record = records[place]
    if (record === undefined) throw new RangeError('an output names a record that is not in its batch')
    const named = reader.text()
    const kind = outputKinds.find(known => known === named) ?? 'bad'
    const partitionKey = reader.text()
    const index = reader.u32()
    const output = reader.u32()
    const { sequence, subSequence } = record
    const provenance = { stream, shardId, sequence, subSequence, index }
    outputs.push({ kind, partitionKey, output, provenance, data: reader.bytes() })
  }
  const omitted = Object.fromEntries(omissions.map(what => [what, reader.u32()]))
  return { outputs, omitted, free: () => freeBuffer(packed) }
}
