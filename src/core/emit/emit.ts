import { messageOf } from '../../lib/index.ts'
import type { BadRow, FailedEvent, Outcome } from '../bad-row.ts'
import type { EnrichedEvent, RawRecord } from '../event.ts'
import type { CoreOptions } from '../options.ts'
import { writeBadRow } from './bad-row.ts'
import { encodeText } from './encode.ts'
import { failedEvent } from './failed-event.ts'
import { originKey, partitionKey } from './partition-key.ts'
import { piiEvent } from './pii-event.ts'
import { badTooLarge, fits, goodTooLarge } from './size.ts'
import { writeTsv } from './tsv.ts'

/** One record for an output stream. With the raw record's origin, `index`, `kind` and `output` name it. */
export interface CoreOutput {
  readonly kind: 'good' | 'bad' | 'failed' | 'pii'
  /** 1 to 256 characters. */
  readonly partitionKey: string
  readonly data: Uint8Array
  /** Which event of the raw record, from 0. */
  readonly index: number
  /** Which output of the event, from 0. */
  readonly output: number
}

/** What outputs do not show: what could have been written and is not, and an invalid event that is written. */
export const omissions = ['dropped', 'piiTooLarge', 'failedTooLarge', 'invalid'] as const
export type Omission = (typeof omissions)[number]

/** Which record an outcome belongs to, and its place among the record's outcomes. */
interface Source {
  readonly record: RawRecord
  readonly index: number
  readonly options: CoreOptions
  readonly omit: (what: Omission) => void
}

/** The records that an outcome becomes. A bug on the way becomes a bad row too. */
export function emitOutcome(outcome: Outcome, source: Source): CoreOutput[] {
  try {
    return emit(outcome, source)
  } catch (error) {
    const errors = [messageOf(error)]
    return [emitBad({ type: 'generic_error', errors, payload: source.record.data }, source)]
  }
}

function emit(outcome: Outcome, source: Source): CoreOutput[] {
  switch (outcome.kind) {
    case 'good': {
      const { event, invalid } = outcome
      const good = emitGood(event, source)
      if (invalid === true && good.kind === 'good') source.omit('invalid')
      // Of an event that is in no stream there is nothing to tell.
      const pii = source.options.emitPii && good.kind === 'good' ? emitPii(event, source) : undefined
      return pii === undefined ? [good] : [good, pii]
    }
    case 'bad': {
      const bad = emitBad(outcome.row, source)
      const failed = outcome.failed === undefined ? undefined : emitFailed(outcome.failed, source)
      return failed === undefined ? [bad] : [bad, failed]
    }
    case 'dropped':
      source.omit('dropped')
      return []
  }
}

function emitGood(event: EnrichedEvent, source: Source): CoreOutput {
  const { record, index, options } = source
  const key = partitionKey(event, options.partitionKey, { origin: record.origin, index })
  const line = writeTsv(event)
  const data = encodeText(line)
  if (fits(data, key, options.maxRecordBytes)) {
    return { kind: 'good', partitionKey: key, data, index, output: 0 }
  }
  return emitBad(goodTooLarge(line, data.length, options.maxRecordBytes), source)
}

/** Original values must not end up in a bad row: an event that is too large is left out, and told. */
function emitPii(event: EnrichedEvent, source: Source): CoreOutput | undefined {
  if (event.modifications === null) return undefined
  return emitBeside('pii', piiEvent(event, event.modifications, source), source)
}

/** Its bad row says enough of one that is too large. */
function emitFailed(failed: FailedEvent, source: Source): CoreOutput | undefined {
  const { record, options } = source
  const author = { processor: options.processor, processedAt: record.processedAt }
  return emitBeside('failed', failedEvent(failed, author), source)
}

/** A second output of an event, or nothing when it is too large. */
function emitBeside(kind: 'pii' | 'failed', event: EnrichedEvent, source: Source): CoreOutput | undefined {
  const { record, index, options, omit } = source
  const key = partitionKey(event, options.partitionKey, { origin: record.origin, index })
  const data = encodeText(writeTsv(event))
  if (fits(data, key, options.maxRecordBytes)) {
    return { kind, partitionKey: key, data, index, output: 1 }
  }
  omit(`${kind}TooLarge`)
  return undefined
}

function emitBad(row: BadRow, { record, index, options }: Source): CoreOutput {
  const author = { processor: options.processor, processedAt: record.processedAt }
  const key = originKey(record.origin, index)
  const json = writeBadRow(row, author)
  const data = encodeText(json)
  if (fits(data, key, options.maxRecordBytes)) {
    return { kind: 'bad', partitionKey: key, data, index, output: 0 }
  }
  const violation = writeBadRow(badTooLarge(json, data.length, options.maxRecordBytes), author)
  return { kind: 'bad', partitionKey: key, data: encodeText(violation), index, output: 0 }
}
