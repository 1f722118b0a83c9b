import { asDrawn, differingColumns } from './differences.ts'
import { isFields, type Fields } from './corpus.ts'
import { compare, compareValue, show, textOf, type Difference } from './expectation.ts'

/** What became of a payload, in the words of the corpus: the columns of every good event, the rows of the others. */
export interface PayloadResult {
  readonly outcome: 'good' | 'bad'
  /** The columns of a good event and `pii`, which says what pseudonyms have replaced. */
  readonly events: readonly Fields[]
  /** The event about pseudonyms, by column. */
  readonly piiEvent?: Fields | undefined
}

/** A whole payload's outcome against what its case expects. */
export function comparePayload(expected: Fields, result: unknown): Difference {
  const { outcome, events, piiEvent = {} } = result as PayloadResult
  if (outcome !== expected['outcome']) return `a ${outcome} outcome: ${show(events)}`
  if (events.length !== expected['events'])
    return `${events.length} events instead of ${show(expected['events'])}`
  const [event = {}] = events
  return (
    compareColumns(expected['columns'], event) ??
    compareRow(expected['enriched'], event) ??
    compareRow(expected['pii_event'], piiEvent)
  )
}

function compareColumns(columns: unknown, event: Fields): Difference {
  if (!isFields(columns)) return null
  for (const [name, expected] of Object.entries(columns)) {
    if (differingColumns.has(name)) continue
    const actual = columnOf(event, name)
    // An empty text stands for null.
    const difference = isFields(expected)
      ? compare(expected, actual, name)
      : compareValue(expected === '' ? null : expected, actual, name)
    if (typeof difference === 'string') return difference
  }
  return null
}

/** `contexts:$.data[0].x` looks into a JSON column. */
function columnOf(event: Fields, name: string): unknown {
  const [column = '', path] = name.split(':$')
  if (path === undefined) return event[column]
  const steps = path.match(/[^.[\]]+/g) ?? []
  return steps.reduce<unknown>(
    (value, step) => (Array.isArray(value) ? value[Number(step)] : isFields(value) ? value[step] : undefined),
    JSON.parse(textOf(event[column] ?? null)),
  )
}

function compareRow(row: unknown, event: Fields): Difference {
  if (!Array.isArray(row)) return null
  for (const { column, equals, regex } of row as readonly Record<string, string>[]) {
    if (differingColumns.has(column ?? '')) continue
    const actual = event[column ?? ''] ?? ''
    const text = textOf(actual)
    const matches =
      regex === undefined
        ? compareValue(equals, text, '') === null
        : new RegExp(`^(?:${regex})$`).test(asDrawn(text))
    if (!matches) return `${column}\n    expected ${equals ?? `/${regex}/`}\n    got      ${text}`
  }
  return null
}
