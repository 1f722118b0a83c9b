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
  let line = ''
  let pending = 0
  for (let index = 0; index < columns.length; index++) {
    const value = row[index]
    if (value !== null && value !== undefined) {
      line += tabs[pending] + (typeof value === 'string' ? clean(value) : writeNumber(value, index))
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

/** What the conversions did already to all that the tracker sent; enrichments may have set anything. */
function clean(value: string): string {
  if (!value.includes('\t') && !value.includes('\n') && !value.includes('\r')) return value
  return value.replaceAll('\t', '    ').replace(controls, '')
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
