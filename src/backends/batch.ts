import type { Position, ReadOptions, SequenceNumber, StreamRecord } from '../streams/index.ts'

/** Where the batch that starts at `start` ends: within both limits, but never empty. */
export function batchEnd(records: readonly StreamRecord[], start: number, limits: ReadOptions): number {
  let bytes = 0
  let end = start
  for (; end < records.length && end - start < limits.maxBatchRecords; end++) {
    bytes += records[end]?.data.byteLength ?? 0
    if (bytes > limits.maxBatchBytes && end > start) break
  }
  return end
}

export function after(sequence: SequenceNumber | number): Position {
  return { at: 'after', sequence: String(sequence), subSequence: 0 }
}
