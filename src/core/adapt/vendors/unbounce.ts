import { failed, inputData, type Adapter } from '../adapter.ts'
import { camelize } from '../json-cleaning.ts'
import { fromText, type JsonTree } from '../json-tree.ts'
import { formType } from '../media-type.ts'
import { filledBodyOfType, notForm, readForm, readJson, serverEvent } from '../webhook.ts'

const required = ['page_id', 'page_name', 'variant', 'page_url', 'data.json'] as const

/** Unbounce: a form that somebody filled in, as a form; what they wrote is JSON, and XML beside it. */
export const adaptUnbounce: Adapter = (payload, { adaptersSchemas, maxJsonDepth }) => {
  const body = filledBodyOfType(payload, formType)
  if (typeof body !== 'string') return failed(body)
  const sent = readForm(body, notForm)
  if ('type' in sent) return failed(sent)
  const missing = required.find(name => (sent.get(name) ?? null) === null)
  if (missing !== undefined) return failed(inputData(missing, null, `missing '${missing}' field in body`))
  const text = sent.get('data.json') ?? ''
  if (text === '') return failed(inputData('data.json', null, "empty 'data.json' field in body"))
  const found = readJson(text, 'data.json', maxJsonDepth)
  if ('type' in found) return failed(found)
  const members = new Map<string, JsonTree>([['data.json', found.tree]])
  for (const [name, value] of sent) {
    if (value !== null && name !== 'data.json' && name !== 'data.xml') members.set(name, fromText(value))
  }
  const schema = adaptersSchemas.unbounce.form_post
  const data = camelize(members)
  return { events: [serverEvent(payload, { trackerVersion: 'com.unbounce-v1', schema, data })] }
}
