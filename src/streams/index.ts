export {
  compareSequences,
  type Position,
  type Provenance,
  type SequenceNumber,
  type StreamRecord,
} from './record.ts'
export { evenRanges, hashKeyOf, maxHashKey, type Shard } from './shard-map.ts'
export { outputKinds, type NewRecord, type OutputKind, type OutputRecord, type Producer } from './sink.ts'
export type { ReadOptions, RecordBatch, Source } from './source.ts'
