import { failed, inputData, type Adapter } from '../adapter.ts'
import { schemaOfType, typeSchemas } from '../event-type.ts'
import { clean } from '../json-cleaning.ts'
import { isObject, member, textOf, type JsonTree } from '../json-tree.ts'
import { emptyBody, readJson, serverEvent } from '../webhook.ts'

const types = {
  bounced: 'bounced',
  clicked: 'clicked',
  delivered: 'delivered',
  opened: 'opened',
  sent: 'sent',
  unsubscribed: 'unsubscribed',
  user_created: 'created',
  user_updated: 'updated',
} as const

/** Vero: what happened to a mail or a user, whatever its content type. */
export const adaptVero: Adapter = (payload, { adaptersSchemas, maxJsonDepth }) => {
  const { body } = payload
  if (body === null) return failed(emptyBody)
  const found = readJson(body, 'body', maxJsonDepth)
  if ('type' in found) return failed(found)
  const type = textOf(member(found.tree, 'type'))
  if (type === null) return failed(inputData('type', null, "could not extract 'type': not a text"))
  const schema = schemaOfType(type, typeSchemas(types, adaptersSchemas.vero))
  if (typeof schema !== 'string') return failed(schema)
  const seconds = [`${type}_at`, 'triggered_at']
  const data = withTags(clean(found.tree, { type: { name: 'type', value: type }, seconds }))
  return { events: [serverEvent(payload, { trackerVersion: 'com.getvero-v1', schema, data })] }
}

/** `_tags` is `tags`, in every object that is in no list. */
function withTags(tree: JsonTree): JsonTree {
  if (!isObject(tree)) return tree
  const renamed = new Map<string, JsonTree>()
  for (const [name, value] of tree)
    renamed.set(name === '_tags' ? 'tags' : name, name === '_tags' ? value : withTags(value))
  return renamed
}
