export {
  advances,
  compareSequences,
  samePosition,
  showPosition,
  type Position,
  type Provenance,
  type SequenceNumber,
  type StartingPoint,
  type StreamRecord,
  type WrittenProvenance,
} from './record.ts'
export { provenanceSchema, readProvenanceContext, writeProvenanceContext } from './provenance-context.ts'
export type { NewStream, ShardControl } from './shard-control.ts'
export {
  evenRanges,
  hashKeyOf,
  maxHashKey,
  mergeRanges,
  shardIdOf,
  splitRange,
  type HashRange,
  type Shard,
} from './shard-map.ts'
export {
  maxRecordBytes,
  outputKinds,
  refuseUnfit,
  type NewRecord,
  type OutputKind,
  type OutputRecord,
  type Producer,
} from './sink.ts'
export type { ReadOptions, RecordBatch, Source } from './source.ts'
export { readToTip } from './read-to-tip.ts'
export { tail, type ShardBatch, type TailOptions } from './tail.ts'
