import type { Answer, HttpResponse } from './services.ts'

/** Deeper JSON is refused, as in what trackers send. */
const maxDepth = 40

/** The JSON of a good response, or why there is none. */
export function readJson({ status, body }: HttpResponse): Answer<unknown> {
  if (status < 200 || status >= 300) return { error: `Request failed with status ${status}` }
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
