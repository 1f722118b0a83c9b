import { failed, inputData, type Adapted, type Adapter, type AdapterTools } from '../adapter.ts'
import type { CollectorPayload } from '../../event.ts'
import { schemaOfType, typeSchemas } from '../event-type.ts'
import { camelize, clean, mergeMembers, without } from '../json-cleaning.ts'
import { isObject, longOf, member, textOf, type JsonMembers, type JsonTree } from '../json-tree.ts'
import { jsonType } from '../media-type.ts'
import { filledBodyOfType, readJson, serverEvent } from '../webhook.ts'

const types = {
  bounced: 'message_bounced',
  clicked: 'message_clicked',
  complained: 'message_complained',
  delivered: 'message_delivered',
  dropped: 'message_dropped',
  opened: 'message_opened',
  unsubscribed: 'recipient_unsubscribed',
} as const

/** Mailgun: what happened to one mail, with a signature. */
export const adaptMailgun: Adapter = (payload, tools) => {
  const body = filledBodyOfType(payload, jsonType)
  if (typeof body !== 'string') return failed(body)
  const found = readJson(body, 'body', tools.maxJsonDepth)
  if (!('type' in found)) return adaptTree(payload, found.tree, tools)
  const error = found.type === 'NotJson' ? found.error.replace('invalid json: ', '') : ''
  return failed(inputData('body', body, `could not parse body: ${error}`))
}

function adaptTree(payload: CollectorPayload, tree: JsonTree, { adaptersSchemas }: AdapterTools): Adapted {
  const event = member(tree, 'event-data')
  const typeTold = member(event, 'event')
  if (typeTold === undefined) {
    const complaint = 'no `event` parameter provided: cannot determine event type'
    return failed(inputData('body', payload.body, complaint))
  }
  const type = textOf(typeTold)
  const schema = schemaOfType(type, typeSchemas(types, adaptersSchemas.mailgun))
  if (typeof schema !== 'string') return failed(schema)
  const signature = member(tree, 'signature')
  for (const name of ['timestamp', 'token', 'signature']) {
    if (member(signature, name) === undefined) return failed(inputData(name, null, `missing '${name}'`))
  }
  if (!isObject(signature) || !isObject(event) || !event.has('timestamp')) {
    return failed(inputData('event-data', null, "missing 'event-data'"))
  }
  // The time is the signature's, which has whole seconds.
  const merged = mergeMembers(signature, without(event, 'timestamp'))
  const data = clean(reformat(merged), {
    type: type === null ? null : { name: 'event', value: type },
    seconds: ['timestamp'],
  })
  return { events: [serverEvent(payload, { trackerVersion: 'com.mailgun-v1', schema, data })] }
}

/** A number of attachments that is none is left out. */
function reformat(event: JsonMembers): JsonTree {
  const data = camelize(event)
  if (!isObject(data)) return data
  const count = longOf(data.get('attachmentCount'))
  const rest = without(data, 'bodyPlain', 'attachmentCount')
  if (count === null || BigInt.asIntN(32, count) !== count) return rest
  return new Map(rest).set('attachmentCount', String(count))
}
