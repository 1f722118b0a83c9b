import { inputData, type Adapter } from '../adapter.ts'
import { isoDate } from '../dates.ts'
import { typeSchemas } from '../event-type.ts'
import { fromText, isObject, longOf, member, textOf, type JsonTree } from '../json-tree.ts'
import { without } from '../json-cleaning.ts'
import { jsonListAdapter } from '../json-list.ts'

const types = {
  'contact.creation': 'contact_creation',
  'contact.deletion': 'contact_deletion',
  'contact.propertyChange': 'contact_change',
  'company.creation': 'company_creation',
  'company.deletion': 'company_deletion',
  'company.propertyChange': 'company_change',
  'deal.creation': 'deal_creation',
  'deal.deletion': 'deal_deletion',
  'deal.propertyChange': 'deal_change',
} as const

/** HubSpot: a list of changes to contacts, companies and deals. */
export const adaptHubspot: Adapter = jsonListAdapter({
  emptyBody: inputData('body', null, 'empty body: not events to process'),
  notList: 'not a json array',
  batch: ({ hubspot }) => ({
    trackerVersion: 'com.hubspot-v1',
    types: typeSchemas(types, hubspot),
    typeOf: item => textOf(member(item, 'subscriptionType')),
    clean: reformat,
  }),
})

/** `occurredAt` comes in milliseconds since the epoch. */
function reformat(item: JsonTree): JsonTree {
  if (!isObject(item)) return item
  const occurred = longOf(item.get('occurredAt'))
  const dated = occurred === null ? item : new Map(item).set('occurredAt', fromText(isoDate(occurred)))
  return without(dated, 'subscriptionType')
}
