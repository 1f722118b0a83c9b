import { columns, type ColumnType } from '../columns.ts'
import { EnrichedEvent } from '../event.ts'
import { javaFloat } from './java-number.ts'

/** The event as one line of tab-separated values: always 130 tabs and no line break, whatever the values are. */
export function writeTsv({ row }: EnrichedEvent): string {
  // Array.join writes null as nothing, and is faster than any loop that puts a line together (bench/core.ts).
  const line = (isPlain(row) ? row : row.map(writeValue)).join('\t')
  return line.includes('\n') || line.includes('\r') ? row.map(writeValue).join('\t') : line
}

type Row = EnrichedEvent['row']

const isFloat = columns.map(([, type]) => type === 'float')

/** Whether the values can stand as they are. Line breaks are easier to find in the whole line. */
function isPlain(row: Row): boolean {
  for (let index = 0; index < row.length; index++) {
    const value = row[index]
    if (typeof value === 'string' ? value.includes('\t') : typeof value === 'number' && isFloat[index])
      return false
  }
  return true
}

// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u001f\u007f]/g

/** Cleaned as the conversions cleaned what the tracker sent: enrichments may have set anything. */
function writeValue(value: Row[number], index: number): string {
  if (typeof value === 'string') return value.replaceAll('\t', '    ').replace(controls, '')
  if (value === null) return ''
  return isFloat[index] === true ? javaFloat(value) : String(value)
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
