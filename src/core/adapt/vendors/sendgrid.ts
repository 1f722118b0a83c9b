import type { Adapter, Splitter } from '../adapter.ts'
import { typeSchemas } from '../event-type.ts'
import { clean } from '../json-cleaning.ts'
import { jsonListAdapter, splitJsonList, type Indexed } from '../json-list.ts'
import { member, textOf } from '../json-tree.ts'

const types = {
  processed: 'processed',
  dropped: 'dropped',
  delivered: 'delivered',
  deferred: 'deferred',
  bounce: 'bounce',
  open: 'open',
  click: 'click',
  spamreport: 'spamreport',
  unsubscribe: 'unsubscribe',
  group_unsubscribe: 'group_unsubscribe',
  group_resubscribe: 'group_resubscribe',
} as const

/** SendGrid: a list of what happened to mails. It sends some of it twice in one list. */
export const adaptSendgrid: Adapter = jsonListAdapter({
  notList: 'body is not a json array',
  select: distinct,
  batch: ({ sendgrid }) => ({
    trackerVersion: 'com.sendgrid-v3',
    types: typeSchemas(types, sendgrid),
    typeOf: item => textOf(member(item, 'event')),
    clean: (item, type) => clean(item, { type: { name: 'event', value: type }, seconds: ['timestamp'] }),
  }),
})

export const splitSendgrid: Splitter = (payload, maxJsonDepth) =>
  splitJsonList(payload, maxJsonDepth, distinct)

/** Of several with one id the last one, in the place of the first. Those without an id are not one event, as they are in Enrich. */
function distinct(items: readonly Indexed[]): readonly Indexed[] {
  const byId = new Map<string | number, Indexed>()
  for (const item of items) byId.set(textOf(member(item[1], 'sg_event_id')) ?? item[0], item)
  return [...byId.values()]
}
