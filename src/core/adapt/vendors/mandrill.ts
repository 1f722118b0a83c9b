import type { FailureDetail } from '../../bad-row.ts'
import { failed, inputData, type Adapter, type Splitter } from '../adapter.ts'
import { typeSchemas } from '../event-type.ts'
import { clean } from '../json-cleaning.ts'
import { isList, member, textOf, writeJson, type JsonTree } from '../json-tree.ts'
import { formType } from '../media-type.ts'
import { adaptBatch, bodyOfType, readForm, readJson } from '../webhook.ts'

const types = {
  hard_bounce: 'message_bounced',
  click: 'message_clicked',
  deferral: 'message_delayed',
  spam: 'message_marked_as_spam',
  open: 'message_opened',
  reject: 'message_rejected',
  send: 'message_sent',
  soft_bounce: 'message_soft_bounced',
  unsub: 'recipient_unsubscribed',
} as const

/** Mandrill: a form with one field, a JSON list of what happened to mails. */
export const adaptMandrill: Adapter = (payload, { adaptersSchemas, maxJsonDepth }) => {
  const body = bodyOfType(payload, formType)
  if (typeof body !== 'string') return failed(body)
  const items = readMandrillEvents(body, maxJsonDepth)
  if ('type' in items) return failed(items)
  return adaptBatch(payload, items.entries(), {
    trackerVersion: 'com.mandrill-v1',
    types: typeSchemas(types, adaptersSchemas.mandrill),
    typeOf: item => textOf(member(item, 'event')),
    clean: (item, type) => clean(item, { type: { name: 'event', value: type }, seconds: ['ts'] }),
  })
}

export const splitMandrill: Splitter = (payload, maxJsonDepth) => {
  const items = readMandrillEvents(payload.body ?? '', maxJsonDepth)
  if ('type' in items) return []
  return items.map(item => ({
    ...payload,
    body: `mandrill_events=${encodeURIComponent(`[${writeJson(item)}]`)}`,
  }))
}

export function readMandrillEvents(body: string, maxJsonDepth: number): readonly JsonTree[] | FailureDetail {
  const parameters = readForm(body)
  if ('type' in parameters) return parameters
  const filled = new Map([...parameters].filter(([, value]) => value !== null))
  if (filled.size !== 1) {
    return inputData('body', body, `body should have size 1: actual size ${filled.size}`)
  }
  const text = filled.get('mandrill_events') ?? null
  if (text === null) return inputData('body', body, 'no `mandrill_events` parameter provided')
  if (text === '') return inputData('body', body, '`mandrill_events` field is empty')
  const found = readJson(text, 'mandrill_events', maxJsonDepth)
  if ('type' in found) return found
  return isList(found.tree) ? found.tree : inputData('mandrill_events', text, 'not a json array')
}
