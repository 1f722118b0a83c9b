import { membersOf, parseJson } from '../../../lib/index.ts'
import { bodyOf } from '../http-body.ts'
import type { Answer, HttpResponse } from '../services.ts'
import { contextFields, decapitalize } from './fields.ts'

// An error stands in a bad row.
const shownChars = 200

export type YauaaFields = Readonly<Record<string, string>>

/** Source: GraphQL, `{ data: { analyze: { fields: [{ fieldName, value }] } } }` or `{ errors: [{ message }] }`. */
export function readAnswer(response: HttpResponse): Answer<YauaaFields> {
  const body = bodyOf(response)
  if ('error' in body) return body
  const { data, errors } = membersOf(parseJson(body.value))
  if (Array.isArray(errors) && errors.length > 0)
    return { error: `the service refuses: ${messageOf(errors)}` }
  const { fields } = membersOf(membersOf(data)['analyze'])
  if (!Array.isArray(fields)) return { error: 'the answer is not one of Yauaa' }
  const found = Object.fromEntries(fields.flatMap(fieldOf))
  // Yauaa always has one, and the context must.
  if (found['deviceClass'] === undefined) return { error: 'the answer has no DeviceClass' }
  return { value: found }
}

function fieldOf(field: unknown): [string, string][] {
  const { fieldName, value } = membersOf(field)
  if (typeof fieldName !== 'string' || typeof value !== 'string') return []
  const name = decapitalize(fieldName)
  return contextFields.has(name) ? [[name, value]] : []
}

function messageOf([first]: readonly unknown[]): string {
  return String(membersOf(first)['message']).slice(0, shownChars)
}
