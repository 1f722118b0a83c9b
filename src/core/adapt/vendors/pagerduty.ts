import type { FailureDetail } from '../../bad-row.ts'
import { failed, inputData, type Adapter, type Splitter } from '../adapter.ts'
import { typeSchemas } from '../event-type.ts'
import { changeMembers } from '../json-cleaning.ts'
import { fromText, isList, member, textOf, writeJson, type JsonTree } from '../json-tree.ts'
import { jsonType } from '../media-type.ts'
import { adaptBatch, bodyOfType, readJson } from '../webhook.ts'

const types = {
  'incident.trigger': 'incident',
  'incident.acknowledge': 'incident',
  'incident.unacknowledge': 'incident',
  'incident.resolve': 'incident',
  'incident.assign': 'incident',
  'incident.escalate': 'incident',
  'incident.delegate': 'incident',
} as const

/** PagerDuty: what happened to incidents. */
export const adaptPagerduty: Adapter = (payload, { adaptersSchemas, maxJsonDepth }) => {
  const body = bodyOfType(payload, jsonType)
  if (typeof body !== 'string') return failed(body)
  const messages = readPagerdutyMessages(body, maxJsonDepth)
  if ('type' in messages) return failed(messages)
  return adaptBatch(payload, messages.entries(), {
    trackerVersion: 'com.pagerduty-v1',
    types: typeSchemas(types, adaptersSchemas.pagerduty),
    typeOf: message => textOf(member(message, 'type')),
    clean: reformatPagerduty,
  })
}

export const splitPagerduty: Splitter = (payload, maxJsonDepth) => {
  const messages = readPagerdutyMessages(payload.body ?? '', maxJsonDepth)
  if ('type' in messages) return []
  return messages.map(message => ({ ...payload, body: `{"messages":[${writeJson(message)}]}` }))
}

export function readPagerdutyMessages(
  body: string,
  maxJsonDepth: number,
): readonly JsonTree[] | FailureDetail {
  const found = readJson(body, 'body', maxJsonDepth)
  if ('type' in found) return found
  const messages = member(found.tree, 'messages')
  return isList(messages) ? messages : inputData('messages', body, 'field `messages` is not an array')
}

/** PagerDuty writes `"null"` for null, and loses the plus of an offset on the way through its own encoding. */
export function reformatPagerduty(tree: JsonTree): JsonTree {
  return changeMembers(tree, (value, name) => {
    const text = textOf(value)
    if (text === null) return undefined
    if (text === 'null') return 'null'
    if (name === 'type') return fromText(text.replaceAll('incident.', ''))
    return name === 'created_on' || name === 'last_status_change_on' ? fromText(withOffset(text)) : value
  })
}

const withoutPlus = ' 00:00'

function withOffset(date: string): string {
  return date.endsWith(withoutPlus) ? `${date.slice(0, -withoutPlus.length)}+00:00` : date
}
