import { failed, inputData, type Adapter } from '../adapter.ts'
import { reformatDate } from '../dates.ts'
import { schemaOfType, typeSchemas } from '../event-type.ts'
import { fromText, isObject, type JsonMembers, type JsonTree } from '../json-tree.ts'
import { formType } from '../media-type.ts'
import { dataParameters, type ParameterMap } from '../parameter-map.ts'
import { bodyOfType, readForm, serverEvent } from '../webhook.ts'

const types = {
  subscribe: 'subscribe',
  unsubscribe: 'unsubscribe',
  campaign: 'campaign_sending_status',
  cleaned: 'cleaned_email',
  upemail: 'email_address_change',
  profile: 'profile_update',
} as const

/** Mailchimp: a form whose names spell out where in an object their values belong. */
export const adaptMailchimp: Adapter = (payload, { adaptersSchemas, maxJsonDepth }) => {
  const body = bodyOfType(payload, formType)
  if (typeof body !== 'string') return failed(body)
  const sent = readForm(body)
  if ('type' in sent) return failed(sent)
  const type = sent.get('type') ?? null
  if (type === null) {
    return failed(inputData('body', body, 'no `type` parameter provided: cannot determine event type'))
  }
  const schema = schemaOfType(type, typeSchemas(types, adaptersSchemas.mailchimp))
  if (typeof schema !== 'string') return failed(schema)
  const parameters = new Map([...payload.querystring, ...reformatMailchimp(sent)])
  const data = nestedData(parameters, maxJsonDepth)
  if (data === null) return failed(inputData('body', body, `deeper than ${maxJsonDepth} levels`))
  return { events: [serverEvent(payload, { trackerVersion: 'com.mailchimp-v1', schema, data }, parameters)] }
}

export function reformatMailchimp(parameters: ParameterMap): ParameterMap {
  const fired = parameters.get('fired_at') ?? null
  return fired === null ? parameters : new Map(parameters).set('fired_at', reformatDate(fired))
}

/** `data[merges][EMAIL]` is a member of `merges` in `data`. Null when that goes too deep. */
export function nestedData(parameters: ParameterMap, maxDepth: number): JsonMembers | null {
  const data = new Map<string, JsonTree>()
  for (const [name, value] of dataParameters(parameters)) {
    if (value === null) continue
    const steps = stepsOf(name)
    if (steps.length > maxDepth) return null
    place(data, steps, fromText(value))
  }
  return data
}

export function stepsOf(name: string): string[] {
  const steps = name.split(/\]?[[\]]/)
  while (steps.length > 1 && steps.at(-1) === '') steps.pop()
  return steps
}

/** A member of an object that another value stands in the way of takes its place. */
function place(data: Map<string, JsonTree>, steps: readonly string[], value: string): void {
  let at = data
  for (const step of steps.slice(0, -1)) {
    const inner = at.get(step)
    const next = isObject(inner) ? (inner as Map<string, JsonTree>) : new Map<string, JsonTree>()
    at.set(step, next)
    at = next
  }
  at.set(steps.at(-1) ?? '', value)
}
