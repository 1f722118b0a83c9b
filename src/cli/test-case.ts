import { z } from 'zod'
import { mostSimilar } from '../config/index.ts'
import { columns } from '../core/index.ts'
import { isDeeperThan, membersOf, messageOf } from '../lib/index.ts'
import { CommandError, exitCodes } from './exit.ts'

/*
 * The file of a user's test: a request, or a recorded payload, and what is to become of it.
 */

const names: ReadonlySet<string> = new Set(columns.map(([name]) => name))

const expectedEvent = z
  .record(z.string(), z.unknown())
  .refine(expected => Object.keys(expected).every(name => names.has(name)), {
    error: issue => {
      const wrong = Object.keys(issue.input ?? {}).find(name => !names.has(name))
      const meant = wrong === undefined ? undefined : mostSimilar(wrong, names)
      return `there is no column ${wrong}; ${meant === undefined ? 'docs/enrichments.md shows a case' : `did you mean ${meant}?`}`
    },
  })
  .refine(expected => expressionProblem(expected) === undefined, {
    error: issue => expressionProblem(issue.input),
  })

const expectedOutcome = z.union([
  z.strictObject({
    /** The type of the bad row: `schema_violations`, … */
    bad: z.string().min(1),
    /** Somewhere in the bad row. */
    message: z.string().optional(),
  }),
  expectedEvent,
])

const testCase = z
  .strictObject({
    name: z.string().min(1).optional(),
    request: z.looseObject({}).optional(),
    /** A raw record as the collector wrote it, base64. */
    payload: z.base64().optional(),
    /** What etl_tstamp says. */
    at: z.iso.datetime({ offset: true }).optional(),
    /** One per event of the request, in their order; an empty list: nothing comes out. */
    expect: z.array(expectedOutcome),
  })
  .refine(({ request, payload }) => (request === undefined) !== (payload === undefined), {
    error: 'expected either request or payload',
  })

export type TestCase = z.output<typeof testCase>
export type ExpectedOutcome = z.output<typeof expectedOutcome>

/** What comes out of an enricher nests less; whatever compares the two must not exhaust the stack. */
const maxDepth = 500

/** The cases of one file: one, or a list. Throws a CommandError that says what is wrong where. */
export function readTestCases(text: string, file: string): TestCase[] {
  const document = parse(text, file)
  const cases: readonly unknown[] = Array.isArray(document) ? document : [document]
  const checked = z.array(testCase).min(1, 'it holds no case, and would always pass').safeParse(cases)
  if (checked.success) return checked.data
  const [issue] = checked.error.issues
  const [index, ...path] = issue?.path ?? []
  const field = path.length === 0 ? '' : `${z.core.toDotPath(path)}: `
  if (index === undefined) throw new CommandError(exitCodes.config, `${file}: ${issue?.message}`)
  const place = `${file}: ${caseName(cases[Number(index)], Number(index))}`
  throw new CommandError(exitCodes.config, `${place}: ${field}${issue?.message}`)
}

function parse(text: string, file: string): unknown {
  let document: unknown
  try {
    document = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    throw new CommandError(exitCodes.config, `${file}: ${messageOf(cause)}`)
  }
  if (!isDeeperThan(document, maxDepth)) return document
  throw new CommandError(exitCodes.config, `${file}: it is nested deeper than ${maxDepth}`)
}

/** As it is called in the verdicts. */
export function caseName(one: unknown, index: number): string {
  const named = z.object({ name: z.string() }).safeParse(one)
  return named.success ? named.data.name : `case ${index + 1}`
}

/** What is wrong with the regular expressions of an expected value; undefined: nothing. */
function expressionProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const pattern = matchOf(value)
  if (pattern === undefined)
    return Object.values(value)
      .map(expressionProblem)
      .find(problem => problem !== undefined)
  try {
    wholeText(pattern)
    return undefined
  } catch {
    return `${JSON.stringify(pattern)} is no regular expression`
  }
}

/** The regular expression of `{ "matches": "…" }`; undefined: it is something else. */
export function matchOf(value: unknown): string | undefined {
  const { matches, ...others } = membersOf(value)
  return typeof matches === 'string' && Object.keys(others).length === 0 ? matches : undefined
}

export function wholeText(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, 'su')
}
