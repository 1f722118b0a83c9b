import type { DerivedContext } from '../../event.ts'
import type { JsonPath } from '../../json-path/index.ts'
import { oneOrAll } from '../inputs/index.ts'
import { readJson } from '../json-response.ts'
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

/** A response that is no answer is an error; one without the value of an output is an answer that is of no use. */
export function readResponse(response: HttpResponse, outputs: readonly ApiOutput[]): Answer<ApiContexts> {
  const json = readJson(response)
  return 'error' in json ? json : { value: extractAll(json.value, outputs) }
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
