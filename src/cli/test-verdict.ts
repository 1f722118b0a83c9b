import { z } from 'zod'
import { columns, type CoreOutput } from '../core/index.ts'
import { isObject } from '../lib/index.ts'
import { badRowType } from './bad-row-type.ts'
import { matchOf, wholeText, type ExpectedOutcome, type TestCase } from './test-case.ts'

/** Everything in which the outputs are not what a case expects; none: it passed. */
export function verdict({ expect }: TestCase, outputs: readonly CoreOutput[]): string[] {
  const outcomes = outputs.filter(({ kind }) => kind === 'good' || kind === 'bad')
  if (outcomes.length !== expect.length)
    return [`expected ${count(expect)}, got ${count(outcomes)}`, ...outcomes.filter(isBad).map(summary)]
  return expect.flatMap((expected, index) => {
    const output = outcomes[index]
    const place = expect.length > 1 ? `event ${index + 1}: ` : ''
    return output === undefined ? [] : judge(expected, output).map(problem => place + problem)
  })
}

function count({ length }: readonly unknown[]): string {
  return `${length} ${length === 1 ? 'event' : 'events'}`
}

const isBad = ({ kind }: CoreOutput): boolean => kind === 'bad'

const decoder = new TextDecoder()

/** At most this much of a bad row is shown. */
const shown = 600

/** What kind of bad row it is, and why: the payload behind that says nothing new. */
function summary(output: CoreOutput): string {
  const row: unknown = JSON.parse(decoder.decode(output.data))
  const { schema, data } = badRow.parse(row)
  const { messages, message, ...others } = data.failure ?? {}
  const why = JSON.stringify(messages ?? message ?? others).slice(0, shown)
  return `bad row ${badRowType(schema)}: ${why}`
}

const badRow = z.object({
  schema: z.string(),
  data: z.object({ failure: z.record(z.string(), z.unknown()).optional() }),
})

function judge(expected: ExpectedOutcome, output: CoreOutput): string[] {
  if (isExpectedBad(expected)) return judgeBad(expected, output)
  if (output.kind === 'bad') return ['expected a good event', summary(output)]
  const values = decoder.decode(output.data).split('\t')
  return columns.flatMap(([column, type], index) => {
    if (!Object.hasOwn(expected, column)) return []
    const wanted = expected[column]
    const found = values[index] ?? ''
    const value = type === 'json' && typeof wanted === 'object' ? parsed(found) : found
    return includes(wanted, value) ? [] : [`${column}: expected ${show(wanted)}, got ${show(value)}`]
  })
}

interface ExpectedBad {
  readonly bad: string
  readonly message?: string | undefined
}

/** No column is called `bad`. */
function isExpectedBad(expected: ExpectedOutcome): expected is ExpectedBad {
  return 'bad' in expected
}

function judgeBad({ bad, message }: ExpectedBad, output: CoreOutput): string[] {
  if (output.kind !== 'bad') return [`expected a bad row ${bad}, got a good event`]
  const row = decoder.decode(output.data)
  const type = badRowType(row)
  if (type !== bad) return [`expected a bad row ${bad}, got ${type}`, summary(output)]
  return message === undefined || row.includes(message) ? [] : [`no ${show(message)} in it`, summary(output)]
}

function parsed(text: string): unknown {
  if (text === '') return null
  const value: unknown = JSON.parse(text)
  return value
}

/**
 * Whether what was expected is there: of an object only what is named counts, of a list each element must be among the
 * found ones, `{ "matches": "…" }` is a regular expression for the whole text, null is an empty column.
 */
function includes(wanted: unknown, found: unknown): boolean {
  if (wanted === null) return found === '' || found === null || found === undefined
  if (Array.isArray(wanted))
    return Array.isArray(found) && wanted.every(one => found.some(other => includes(one, other)))
  const pattern = matchOf(wanted)
  if (pattern !== undefined && typeof found === 'string') return wholeText(pattern).test(found)
  if (isObject(wanted))
    return isObject(found) && Object.entries(wanted).every(([key, value]) => includes(value, found[key]))
  if (typeof found !== 'string') return wanted === found
  if (typeof wanted === 'boolean') return found === (wanted ? '1' : '0')
  if (typeof wanted === 'number') return found !== '' && Number(found) === wanted
  return wanted === found
}

function show(value: unknown): string {
  return value === '' ? 'nothing' : JSON.stringify(value).slice(0, shown)
}
