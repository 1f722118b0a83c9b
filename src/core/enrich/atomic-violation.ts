import type { FailureDetail } from '../bad-row.ts'
import { columnIndex } from '../columns.ts'
import type { EnrichedEvent } from '../event.ts'
import type { LengthLimit } from './lengths.ts'
import type { ConversionError } from './setup.ts'

/*
 * Since 4.2 Enrich reports what does not fit a column as data that do not fit the schema of all columns.
 */

export const atomicSchema = 'iglu:com.snowplowanalytics.snowplow/atomic/jsonschema/1-0-0'

// The value is there to recognise it by; the whole of it is in the bad row's payload.
const maxShownLength = 256

interface Report {
  readonly message: string
  readonly path: string
  readonly targets: readonly string[]
  readonly keyword: string | null
}

/** All conversions that failed, as one violation. */
export function conversionViolations(errors: readonly ConversionError[]): FailureDetail[] {
  if (errors.length === 0) return []
  return [violation(errors.map(({ field, value, expectation }) => report(field, value, expectation)))]
}

export function lengthViolation(event: EnrichedEvent, tooLong: readonly LengthLimit[]): FailureDetail {
  return violation(
    tooLong.map(({ column, limit }) => {
      const value = event.row[columnIndex[column]] ?? null
      return report(column, String(value), `Field is longer than maximum allowed size ${limit}`)
    }),
  )
}

function report(path: string, value: string | null, message: string): Report {
  return { message, path, targets: [], keyword: value === null ? null : value.slice(0, maxShownLength) }
}

function violation(dataReports: readonly Report[]): FailureDetail {
  const reports = dataReports.map(one => ({ ...one }))
  return {
    type: 'IgluError',
    schemaKey: atomicSchema,
    error: { error: 'ValidationError', dataReports: reports },
  }
}
