import { columns, type ColumnType } from '../columns.ts'
import { EnrichedEvent } from '../event.ts'
import { javaFloat } from './java-number.ts'

/** Tabs in a run, by their number: most columns of most events are empty. */
const tabs = columns.map((_, count) => '\t'.repeat(count))

const isFloat = columns.map(([, type]) => type === 'float')

/**
 * The event as one line of tab-separated values: always 130 tabs and no line break, whatever the values are.
 * Strings are joined by hand because Array.join takes twice as long over a row of mostly nulls (bench/core.ts).
 */
export function writeTsv({ row }: EnrichedEvent): string {
  const line = join(row)
  // The conversions cleaned all that the tracker sent; enrichments may have set anything.
  return line === null || line.includes('\n') || line.includes('\r') ? (join(row.map(clean)) ?? '') : line
}

/** The values with tabs between them; null if there are tabs in them too. */
function join(row: EnrichedEvent['row']): string | null {
  let line = ''
  let pending = 0
  for (let index = 0; index < row.length; index++) {
    const value = row[index]
    if (typeof value === 'string') {
      if (value.includes('\t')) return null
      line += tabs[pending] + value
      pending = 0
    } else if (typeof value === 'number') {
      line += tabs[pending] + writeNumber(value, index)
      pending = 0
    }
    pending++
  }
  return line + (tabs[pending - 1] ?? '')
}

function writeNumber(value: number, index: number): string {
  return isFloat[index] === true ? javaFloat(value) : String(value)
}

// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u001f\u007f]/g

function clean(value: string | number | null): string | number | null {
  return typeof value === 'string' ? value.replaceAll('\t', '    ').replace(controls, '') : value
}

/** The event that a line was written for, or null when the line has not as many columns as an event. */
export function readTsv(line: string): EnrichedEvent | null {
  const values = line.split('\t')
  if (values.length !== columns.length) return null
  const event = new EnrichedEvent()
  for (const [index, [, type]] of columns.entries()) {
    const value = values[index] ?? ''
    if (value !== '') event.row[index] = readValue(value, type)
  }
  return event
}

function readValue(value: string, type: ColumnType): string | number {
  switch (type) {
    case 'int':
    case 'float':
    case 'flag':
      return Number(value)
    case 'string':
    case 'timestamp':
    case 'decimal':
    case 'json':
      return value
  }
}
