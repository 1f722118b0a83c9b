import { columns, type ColumnType } from '../columns.ts'
import { EnrichedEvent } from '../event.ts'
import { oneLine } from '../one-line.ts'
import { javaFloat } from './java-number.ts'

/** The event as one line of tab-separated values: always 130 tabs and no line break, whatever was set by name. */
export function writeTsv({ row, doubtful }: EnrichedEvent): string {
  // Array.join writes null as nothing, and is faster than any loop that puts a line together (bench/core.ts).
  if (doubtful.length === 0) return row.join('\t')
  const values = row.slice()
  for (const slot of doubtful) values[slot] = writeValue(row[slot] ?? null, slot)
  return values.join('\t')
}

type Row = EnrichedEvent['row']

const isFloat = columns.map(([, type]) => type === 'float')

/** Cleaned as the conversions cleaned what the tracker sent: enrichments may have set anything. */
function writeValue(value: Row[number], index: number): string {
  if (typeof value === 'string') return oneLine(value)
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
  event.doubtful = columns.map((_, slot) => slot)
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
