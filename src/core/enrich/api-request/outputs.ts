import type { DerivedContext } from '../../event.ts'
import type { JsonPath } from '../../json-path/index.ts'
import { oneOrAll } from '../inputs/index.ts'
import type { Answer, HttpResponse } from '../services.ts'

export interface ApiOutput {
  /** `iglu:` URI of the context. */
  readonly schema: string
  readonly jsonPath: string
  readonly path: JsonPath
}

/** What is kept of a response: contexts that all events share, or what is wrong with an answer that came. */
export type ApiContexts = Answer<readonly DerivedContext[]>

// An error stands in a bad row.
const shownChars = 1000
/** Deeper JSON is refused, as in what trackers send. */
const maxDepth = 40

/** A response that is no answer is an error; one without the value of an output is an answer that is of no use. */
export function readResponse(
  { status, body }: HttpResponse,
  outputs: readonly ApiOutput[],
): Answer<ApiContexts> {
  if (status < 200 || status >= 300) return { error: `Request failed with status ${status}` }
  const json = parse(body)
  return 'error' in json ? json : { value: extractAll(json.value, outputs) }
}

function parse(body: string): Answer<unknown> {
  try {
    const value: unknown = JSON.parse(body)
    if (isDeeper(value, maxDepth)) return { error: `the response is nested more than ${maxDepth} deep` }
    return { value }
  } catch {
    return { error: 'the response is not JSON' }
  }
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some(one => isDeeper(one, depth - 1))
}

function extractAll(json: unknown, outputs: readonly ApiOutput[]): ApiContexts {
  const contexts: DerivedContext[] = []
  for (const output of outputs) {
    const found = extract(output, json)
    if ('error' in found) return found
    contexts.push({ schema: output.schema, data: found.value })
  }
  return { value: contexts }
}

export function extract(
  { jsonPath, path }: Pick<ApiOutput, 'jsonPath' | 'path'>,
  json: unknown,
): Answer<unknown> {
  const value = oneOrAll(path, json)
  if (value !== undefined && !(Array.isArray(value) && value.length === 0)) return { value }
  const shown = JSON.stringify(json).slice(0, shownChars)
  return {
    error: `API Request enrichment:Value not found Error: no values were found by JSON Path [${jsonPath}] in [${shown}]`,
  }
}
