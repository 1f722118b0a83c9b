import { messageOf, MillraceError } from '../lib/index.ts'
import { adapt } from './adapt/registry.ts'
import { after, all } from './after.ts'
import type { Outcome } from './bad-row.ts'
import { decodePayload } from './decode/collector-payload.ts'
import { emitOutcome, type CoreOutput, type Omission } from './emit/emit.ts'
import { bad, EventPipeline, type CoreParts } from './enrich-event.ts'
import type { RawRecord } from './event.ts'

/** Bytes in, events out. The same record gives the same bytes, whenever and wherever it is processed. */
export interface Core {
  /**
   * What became of every event in a record. Synchronous while all schemas are at hand. Rejects (or throws) only with a
   * MillraceError, when something outside failed: then nothing of the record is done, and it may be tried again.
   */
  process(record: RawRecord): Outcome[] | Promise<Outcome[]>
  /** The records to be written for what `process` gave; `omit` is told what is not. Never throws. */
  emit(outcomes: readonly Outcome[], record: RawRecord, omit?: (what: Omission) => void): CoreOutput[]
}

/** decode → adapt → enrich each event (set up, validate, enrich, validate, conceal) → emit. */
export function createCore(parts: CoreParts): Core {
  const { options } = parts
  const events = new EventPipeline(parts)

  function run(record: RawRecord): Outcome[] | Promise<Outcome[]> {
    const decoded = decodePayload(record.data, options)
    if ('rows' in decoded) return decoded.rows.map(bad)
    return after(adapt(decoded.payload, parts), adapted => {
      const good = all(adapted.events.map((raw, index) => events.run(raw, { record, index })))
      if (adapted.rows.length === 0) return good
      return after(good, outcomes => [...outcomes, ...adapted.rows.map(bad)])
    })
  }

  return {
    process(record) {
      // The whole record fails with a bug, not one event of it: who repairs the bad row sends all of its events again.
      try {
        const outcomes = run(record)
        return outcomes instanceof Promise ? outcomes.catch(error => genericError(error, record)) : outcomes
      } catch (error) {
        return genericError(error, record)
      }
    },
    emit: (outcomes, record, omit = () => {}) =>
      outcomes.flatMap((outcome, index) => emitOutcome(outcome, { record, index, options, omit })),
  }
}

function genericError(error: unknown, record: RawRecord): Outcome[] {
  if (error instanceof MillraceError) throw error
  return [bad({ type: 'generic_error', errors: describeBug(error), payload: record.data })]
}

/** Where it was thrown, without the folders of the machine: the row must be the same wherever it is made. */
function describeBug(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? '').split('\n').slice(1, 6) : []
  return [messageOf(error), ...stack.map(line => line.trim().replace(/\(?(?:file:\/\/)?\/\S*\//, ''))]
}
