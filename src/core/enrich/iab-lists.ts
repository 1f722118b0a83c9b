import { assetLines } from './asset-lines.ts'

/*
 * The IAB/ABC International Spiders and Bots List: three text files, fields separated by `|`, `#` before comments,
 * ISO-8859-1. Reading them throws a RangeError for a file that is something else.
 */

/** A record of the list of browsers. */
export interface IncludedAgent {
  readonly pattern: AgentPattern
  /** Ms since the epoch; what is active counts for ever, and what is neither active nor dated never. */
  readonly until: number
}

/** A record of the list of robots. */
export interface ExcludedAgent {
  readonly pattern: AgentPattern
  /** User agents with one of these in them are none of this robot's. */
  readonly exceptions: readonly string[]
  readonly primaryImpact: string
  /** From then on the robot is known as inactive, ms since the epoch; for ever active ones Infinity. */
  readonly until: number
}

export interface AgentPattern {
  /** In lower case. */
  readonly text: string
  readonly atStart: boolean
}

const maxRecords = 100_000
const impacts = ['PAGE_IMPRESSIONS', 'AD_IMPRESSIONS', 'PAGE_AND_AD_IMPRESSIONS']

/** `pattern|active|start of string|inactive date` */
export function readIncluded(bytes: Uint8Array): readonly IncludedAgent[] {
  return recordsOf(bytes, 3).map(([text = '', active, atStart, date]) => ({
    pattern: { text: text.toLowerCase(), atStart: atStart === '1' },
    until: active === '1' ? Infinity : (dateOf(date) ?? -Infinity),
  }))
}

/** `pattern|active|exceptions|additional flag|primary impact|start of string|inactive date` */
export function readExcluded(bytes: Uint8Array): readonly ExcludedAgent[] {
  return recordsOf(bytes, 6).flatMap(([text = '', active, exceptions = '', , impact, atStart, date]) => {
    const until = dateOf(date)
    if (active !== '1' && until === null) return []
    return {
      pattern: { text: text.toLowerCase(), atStart: atStart === '1' },
      exceptions: exceptions
        .split(',')
        .map(one => one.trim().toLowerCase())
        .filter(one => one !== ''),
      primaryImpact: impacts[Number(impact)] ?? 'UNKNOWN',
      until: until ?? Infinity,
    }
  })
}

function recordsOf(bytes: Uint8Array, fields: number): readonly (readonly string[])[] {
  const records = lines(bytes).map(line => line.split('|').map(field => field.trim()))
  for (const record of records) {
    if (record.length < fields || record[0] === '')
      throw new RangeError(`a line has fewer than ${fields} fields, or an empty first one: ${shown(record)}`)
  }
  return records
}

/** The lines of one of the files that are no comments. */
export function lines(bytes: Uint8Array): readonly string[] {
  const found = assetLines(bytes, 'latin1').filter(line => !line.startsWith('#'))
  if (found.length > maxRecords) throw new RangeError(`it has more than ${maxRecords} records`)
  return found
}

function shown(record: readonly string[]): string {
  return record.join('|').slice(0, 100)
}

/** `MM/dd/yyyy` */
function dateOf(text: string | undefined): number | null {
  const [, month, day, year] = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text ?? '') ?? []
  return year === undefined ? null : Date.UTC(Number(year), Number(month) - 1, Number(day))
}

/** `userAgent` in lower case. */
export function matches({ text, atStart }: AgentPattern, userAgent: string): boolean {
  return atStart ? userAgent.startsWith(text) : userAgent.includes(text)
}
