import { parseJson } from '../../lib/index.ts'
import { bodyOf } from './http-body.ts'
import type { Answer, HttpResponse } from './services.ts'

/** Deeper JSON is refused, as in what trackers send. */
const maxDepth = 40

/** The JSON of a good response, or why there is none. */
export function readJson(response: HttpResponse): Answer<unknown> {
  const body = bodyOf(response)
  if ('error' in body) return body
  const value = parseJson(body.value)
  if (value === undefined) return { error: 'the response is not JSON' }
  if (isDeeper(value, maxDepth)) return { error: `the response is nested more than ${maxDepth} deep` }
  return { value }
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some(one => isDeeper(one, depth - 1))
}
