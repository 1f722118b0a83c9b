import { failed, type Adapter } from '../adapter.ts'
import { camelize } from '../json-cleaning.ts'
import { fromText } from '../json-tree.ts'
import { formType } from '../media-type.ts'
import { filledBodyOfType, notForm, readForm, serverEvent } from '../webhook.ts'

/** StatusGator: the status of a service, as a form. */
export const adaptStatusgator: Adapter = (payload, { adaptersSchemas }) => {
  const body = filledBodyOfType(payload, formType)
  if (typeof body !== 'string') return failed(body)
  const sent = readForm(body, notForm)
  if ('type' in sent) return failed(sent)
  const members = Array.from(
    sent,
    ([name, value]) => [name, value === null ? 'null' : fromText(value)] as const,
  )
  const schema = adaptersSchemas.statusgator.status_change
  const data = camelize(new Map(members))
  return { events: [serverEvent(payload, { trackerVersion: 'com.statusgator-v1', schema, data })] }
}
