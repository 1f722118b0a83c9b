import { failed, inputData, type Adapter } from '../adapter.ts'
import type { FailureDetail } from '../../bad-row.ts'
import type { Parameter } from '../../event.ts'
import { schemaOfType, typeSchemas } from '../event-type.ts'
import { without } from '../json-cleaning.ts'
import { isObject, member, textOf, type JsonTree } from '../json-tree.ts'
import { readJson, serverEvent } from '../webhook.ts'

const types = {
  assign: 'incident_assign',
  notify_user: 'incident_notify_user',
  notify_of_close: 'incident_notify_of_close',
} as const

/** Pingdom: an incident as JSON in the querystring. */
export const adaptPingdom: Adapter = (payload, { adaptersSchemas, maxJsonDepth }) => {
  if (payload.querystring.length === 0) {
    return failed(inputData('querystring', null, 'empty querystring: no events to process'))
  }
  const wrapped = wrappedValues(payload.querystring)
  if (wrapped.length > 0) return failed(...wrapped)
  const parameters = new Map(payload.querystring)
  const message = parameters.get('message') ?? null
  if (message === null) {
    const sent = Array.from(parameters, ([name, value]) => `${name}=${value}`).join('&')
    return failed(inputData('querystring', sent, 'no `message` parameter provided'))
  }
  const found = readJson(message, 'message', maxJsonDepth)
  if ('type' in found) return failed(found)
  const type = textOf(member(found.tree, 'action'))
  const schema = schemaOfType(type, typeSchemas(types, adaptersSchemas.pingdom))
  if (typeof schema !== 'string') return failed(schema)
  const data = withoutAction(found.tree)
  return { events: [serverEvent(payload, { trackerVersion: 'com.pingdom-v1', schema, data }, parameters)] }
}

/** Pingdom once sent values as Python prints them, `(u'text',)`. What they say then is not what was meant. */
export function wrappedValues(querystring: readonly Parameter[]): FailureDetail[] {
  return querystring.flatMap(([name, value]) => {
    const inner = value === null ? null : wrappedText(value)
    return inner === null ? [] : [inputData(name, inner, String.raw`should not pass regex \(u'(.+)',\)`)]
  })
}

function wrappedText(value: string): string | null {
  if (value.length < 7 || !value.startsWith("(u'") || !value.endsWith("',)")) return null
  const inner = value.slice(3, -3)
  return /[\n\r\u0085\u2028\u2029]/.test(inner) ? null : inner
}

export function withoutAction(tree: JsonTree): JsonTree {
  return isObject(tree) ? without(tree, 'action') : tree
}
