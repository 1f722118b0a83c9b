// `npm run golden [-- --cases DIR] [--json]`: the golden corpus of Snowplow's own test cases against this program.
import { existsSync } from 'node:fs'
import { isFields, readCases, type Fields, type GoldenCase } from './corpus.ts'
import { reasonToDiffer } from './differences.ts'
import { compare, show, type Difference } from './expectation.ts'
import { functions as adapt } from './functions/adapt.ts'
import { functions as decode } from './functions/decode.ts'
import { functions as enrich } from './functions/enrich.ts'
import { functions as enrichments } from './functions/enrichments.ts'
import { functions as files } from './functions/files.ts'
import { functions as javascript } from './functions/javascript.ts'
import { functions as jsonPath } from './functions/json-path.ts'
import { functions as lookups } from './functions/lookups.ts'
import { functions as pii } from './functions/pii.ts'
import { functions as pipeline } from './functions/pipeline.ts'
import { NotCovered, type GoldenFunction } from './functions/types.ts'
import { functions as validate } from './functions/validate.ts'
import { functions as yauaa } from './functions/yauaa.ts'
import { comparePayload } from './payload.ts'
import { asJson, casesFolder } from './settings.ts'

const functions: Readonly<Record<string, GoldenFunction>> = {
  ...decode,
  ...adapt,
  ...enrich,
  ...enrichments,
  ...javascript,
  ...jsonPath,
  ...files,
  ...lookups,
  ...validate,
  ...yauaa,
  ...pii,
  ...pipeline,
}

type Result =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly difference: string }
  | { readonly kind: 'notCovered'; readonly reason: string }
  | { readonly kind: 'different'; readonly reason: string }

async function runCase(golden: GoldenCase): Promise<Result> {
  try {
    const difference = await differenceOf(golden)
    if (difference === null) return { kind: 'passed' }
    const reason = reasonToDiffer(golden)
    return reason === undefined ? { kind: 'failed', difference } : { kind: 'different', reason }
  } catch (error) {
    if (error instanceof NotCovered) return { kind: 'notCovered', reason: error.reason }
    return {
      kind: 'failed',
      difference: error instanceof Error ? (error.stack ?? error.message) : show(error),
    }
  }
}

/** Cases without a function are payloads. */
function nameOf(input: Fields): string {
  return typeof input['function'] === 'string' ? input['function'] : 'payload'
}

async function differenceOf({ input, config, expected }: GoldenCase): Promise<Difference> {
  const result = await call(input, config)
  if ('outcome' in expected) return comparePayload(expected, result)
  return compare(await resolveCalls(expected, config), result)
}

/** Calls one function, after those whose results are its arguments. */
async function call(input: Fields, config: Fields | null): Promise<unknown> {
  const golden = functions[nameOf(input)]
  if (golden === undefined) throw new TypeError('nothing here runs it, and no reason is listed')
  const args = await resolveCalls(input['args'] ?? null, config)
  const receiver = await resolveCalls(input['receiver'] ?? null, config)
  return golden({ args, receiver, config, input })
}

const resultOf = '_result_of'

/** The value with the results of all calls that it names. */
async function resolveCalls(value: unknown, config: Fields | null): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map(element => resolveCalls(element, config)))
  if (!isFields(value)) return value
  const inner = value[resultOf]
  if (isFields(inner)) return successOf(await call(inner, config))
  const members = Object.entries(value).map(
    async ([key, member]) => [key, await resolveCalls(member, config)] as const,
  )
  return Object.fromEntries(await Promise.all(members))
}

function successOf(result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return result
  if ('right' in result) return result.right
  return 'valid' in result ? result.valid : result
}

if (!existsSync(casesFolder)) {
  console.error(
    `golden: there is no ${casesFolder}; name the folder of the cases: npm run golden -- --cases DIR`,
  )
  process.exit(66)
}

const notCovered = new Map<string, string>()
const different = new Map<string, string>()
let passed = 0
let failed = 0

for (const golden of readCases(casesFolder)) {
  const result = await runCase(golden)
  if (result.kind === 'passed') passed++
  else if (result.kind === 'different') different.set(golden.id, result.reason)
  else if (result.kind === 'notCovered') notCovered.set(golden.id, result.reason)
  else {
    failed++
    console.log(`failed: ${golden.id}
  ${nameOf(golden.input)}
  ${result.difference}
`)
  }
}

const byReason = Map.groupBy(notCovered, ([, reason]) => reason)
for (const [reason, cases] of byReason) console.log(`not covered: ${idsOf(cases)}\n  ${reason}`)
for (const [id, reason] of different) console.log(`different on purpose: ${id}\n  ${reason}`)
console.log(
  `${passed} passed, ${failed} failed, ${different.size} different on purpose, ${notCovered.size} not covered`,
)
if (asJson) {
  const counts = { passed, failed, different: different.size, notCovered: notCovered.size }
  const [differences, reasons] = [different, notCovered].map(list => Object.fromEntries(list))
  console.log(JSON.stringify({ ...counts, differences, reasons }))
}
process.exitCode = failed === 0 ? 0 : 1

function idsOf(cases: readonly (readonly [id: string, reason: string])[]): string {
  const [[first] = ['']] = cases
  return cases.length > 3 ? `${first} and ${cases.length - 1} more` : cases.map(([id]) => id).join(', ')
}
