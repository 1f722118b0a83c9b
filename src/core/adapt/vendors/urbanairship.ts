import type { FailureDetail } from '../../bad-row.ts'
import { failed, inputData, type Adapter } from '../adapter.ts'
import { parseIsoDate } from '../dates.ts'
import { schemaOfType } from '../event-type.ts'
import { member, textOf, type JsonTree } from '../json-tree.ts'
import { emptyBody, readJson, serverEvent } from '../webhook.ts'

/** Urban Airship Connect: one event with an id and times of its own. It sends no content type. */
export const adaptUrbanairship: Adapter = (payload, { adaptersSchemas, maxJsonDepth }) => {
  const { body, contentType } = payload
  if (body === null) return failed(emptyBody)
  if (contentType !== null) return failed(inputData('contentType', contentType, 'expected no content type'))
  const found = readJson(body, 'body', maxJsonDepth)
  if ('type' in found) return failed(found)
  const failures: FailureDetail[] = []
  const occurred = dateIn(found.tree, 'occurred', failures)
  const id = textIn(found.tree, 'id', failures)
  const timestamp = dateIn(found.tree, 'processed', failures)
  const schema = schemaOfType(
    textOf(member(found.tree, 'type')),
    // A schema's name in the configuration is the event's type in small letters.
    Object.fromEntries(
      Object.entries(adaptersSchemas.urbanAirship).map(([name, uri]) => [name.toUpperCase(), uri]),
    ),
  )
  if (typeof schema !== 'string') return failed(...failures, schema)
  if (failures.length > 0) return failed(...failures)
  const querystring = new Map([...payload.querystring, ['ttm', String(occurred)], ['eid', id]])
  const event = { trackerVersion: 'com.urbanairship.connect-v1', schema, data: found.tree }
  return { events: [serverEvent({ ...payload, timestamp }, event, querystring)] }
}

function textIn(tree: JsonTree, name: string, failures: FailureDetail[]): string {
  const text = textOf(member(tree, name))
  if (text === null) failures.push(inputData(name, null, `could not extract '${name}': not a text`))
  return text ?? ''
}

/** Enrich throws at a text that is no date. */
function dateIn(tree: JsonTree, name: string, failures: FailureDetail[]): number {
  const before = failures.length
  const text = textIn(tree, name, failures)
  const ms = parseIsoDate(text)
  if (ms === null && failures.length === before) {
    failures.push(inputData(name, text, 'not in the expected format: ISO 8601'))
  }
  return ms ?? 0
}
