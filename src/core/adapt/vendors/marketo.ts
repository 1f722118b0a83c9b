import { failed, inputData, type Adapter } from '../adapter.ts'
import { reformatDate } from '../dates.ts'
import { changeMembers } from '../json-cleaning.ts'
import { fromText, isObject, textOf } from '../json-tree.ts'
import { emptyBody, readJson, serverEvent } from '../webhook.ts'

const dates: ReadonlySet<string> = new Set([
  'acquisition_date',
  'created_at',
  'email_suspended_at',
  'last_referred_enrollment',
  'last_referred_visit',
  'updated_at',
  'datetime',
  'last_interesting_moment_date',
])

/** Marketo: one object, whatever its content type. */
export const adaptMarketo: Adapter = (payload, { adaptersSchemas, maxJsonDepth }) => {
  const { body } = payload
  if (body === null) return failed(emptyBody)
  const found = readJson(body, 'body', maxJsonDepth)
  if ('type' in found) return failed(found)
  if (!isObject(found.tree)) return failed(inputData('body', body, 'not a json object'))
  const data = changeMembers(found.tree, (value, name) => {
    if (!dates.has(name)) return undefined
    const text = textOf(value)
    return text === null ? value : fromText(reformatDate(text))
  })
  const schema = adaptersSchemas.marketo.event
  return { events: [serverEvent(payload, { trackerVersion: 'com.marketo-v1', schema, data })] }
}
