import type { Adapted, Adapter } from '../../../src/core/adapt/adapter.ts'
import type { Vendor } from '../../../src/core/adapt/adapter-schemas.ts'
import { schemaOfType, type TypeSchemas } from '../../../src/core/adapt/event-type.ts'
import { clean, mergeMembers } from '../../../src/core/adapt/json-cleaning.ts'
import { readJsonList } from '../../../src/core/adapt/json-list.ts'
import {
  isObject,
  readTree,
  writeJson,
  type JsonMembers,
  type JsonTree,
} from '../../../src/core/adapt/json-tree.ts'
import { keyValueData } from '../../../src/core/adapt/key-values.ts'
import { adaptCallrail } from '../../../src/core/adapt/vendors/callrail.ts'
import { adaptCloudfront } from '../../../src/core/adapt/vendors/cloudfront.ts'
import { adaptGoogleAnalytics } from '../../../src/core/adapt/vendors/google-analytics/adapter.ts'
import { breakName } from '../../../src/core/adapt/vendors/google-analytics/numbered.ts'
import { adaptHubspot } from '../../../src/core/adapt/vendors/hubspot.ts'
import {
  adaptMailchimp,
  nestedData,
  reformatMailchimp,
  stepsOf,
} from '../../../src/core/adapt/vendors/mailchimp.ts'
import { adaptMailgun } from '../../../src/core/adapt/vendors/mailgun.ts'
import { adaptMandrill, readMandrillEvents } from '../../../src/core/adapt/vendors/mandrill.ts'
import { adaptMarketo } from '../../../src/core/adapt/vendors/marketo.ts'
import { adaptOlark } from '../../../src/core/adapt/vendors/olark.ts'
import {
  adaptPagerduty,
  readPagerdutyMessages,
  reformatPagerduty,
} from '../../../src/core/adapt/vendors/pagerduty.ts'
import { adaptPingdom, withoutAction, wrappedValues } from '../../../src/core/adapt/vendors/pingdom.ts'
import { adaptSendgrid } from '../../../src/core/adapt/vendors/sendgrid.ts'
import { adaptStatusgator } from '../../../src/core/adapt/vendors/statusgator.ts'
import { adaptUnbounce } from '../../../src/core/adapt/vendors/unbounce.ts'
import { adaptUrbanairship } from '../../../src/core/adapt/vendors/urbanairship.ts'
import { adaptVero } from '../../../src/core/adapt/vendors/vero.ts'
import { together } from '../../../src/core/adapt/webhook.ts'
import { coreDefaults, type FailureDetail } from '../../../src/core/index.ts'
import { isFields } from '../corpus.ts'
import { reasonsNotToRun } from '../not-covered.ts'
import { fields, text, textOrNull, type Fields } from './decode.ts'
import { NotCovered, type GoldenFunction } from './types.ts'

/* Snowplow's adapters of webhooks and their helpers, by ours. */

/** Snowplow's name of an adapter, its schemas in the configuration, and ours. */
export const webhooks: readonly (readonly [string, Vendor, Adapter])[] = [
  ['CallrailAdapter', 'callrail', adaptCallrail],
  ['CloudfrontAccessLogAdapter', 'cloudfrontAccessLog', adaptCloudfront],
  ['GoogleAnalyticsAdapter', 'googleAnalytics', adaptGoogleAnalytics],
  ['HubSpotAdapter', 'hubspot', adaptHubspot],
  ['MailchimpAdapter', 'mailchimp', adaptMailchimp],
  ['MailgunAdapter', 'mailgun', adaptMailgun],
  ['MandrillAdapter', 'mandrill', adaptMandrill],
  ['MarketoAdapter', 'marketo', adaptMarketo],
  ['OlarkAdapter', 'olark', adaptOlark],
  ['PagerdutyAdapter', 'pagerduty', adaptPagerduty],
  ['PingdomAdapter', 'pingdom', adaptPingdom],
  ['SendgridAdapter', 'sendgrid', adaptSendgrid],
  ['StatusGatorAdapter', 'statusgator', adaptStatusgator],
  ['UnbounceAdapter', 'unbounce', adaptUnbounce],
  ['UrbanAirshipAdapter', 'urbanAirship', adaptUrbanairship],
  ['VeroAdapter', 'vero', adaptVero],
]

const { maxJsonDepth } = coreDefaults

function treeOf(value: unknown): JsonTree {
  return readTree(JSON.stringify(value))
}

function membersOf(value: unknown): JsonMembers {
  const tree = treeOf(value)
  if (!isObject(tree)) throw new TypeError(`not an object: ${JSON.stringify(value)}`)
  return tree
}

function valueOf(tree: JsonTree): unknown {
  return JSON.parse(writeJson(tree))
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`not a list: ${JSON.stringify(value)}`)
  return value
}

function pairs(value: unknown): [string, string | null][] {
  return Object.entries(fields(value)).map(([name, inner]) => [name, textOrNull(inner)])
}

type Describe = (failure: FailureDetail) => Fields

/** `data[merges][FNAME]` and its value as Snowplow's pair. */
function nested(name: string, value: string): unknown {
  const data = nestedData(new Map([[name, value]]), maxJsonDepth)
  if (data === null) throw new RangeError(`too deep: ${name}`)
  const [pair] = Object.entries(fields(valueOf(data)))
  return pair
}

function nameOf(keys: unknown): string {
  const [first, ...rest] = list(keys).map(text)
  return [first, ...rest.map(key => `[${key}]`)].join('')
}

/** The helpers; `describe` puts failures into the words of the corpus. */
export function webhookHelpers(describe: Describe): Readonly<Record<string, GoldenFunction>> {
  const listOf = (found: readonly JsonTree[] | FailureDetail) =>
    'type' in found ? { left: describe(found) } : { right: found.map(valueOf) }

  return {
    'BaseAdapter.toMap': ({ args }) => Object.fromEntries(list(list(args)[0]).map(pair => list(pair))),
    'BaseAdapter.lookupSchema': ({ args }) => {
      const given = list(args)
      const [type, index] = given
      const types = fields(given.at(-1)) as TypeSchemas
      const schema = schemaOfType(textOrNull(type), types, typeof index === 'number' ? index : undefined)
      return typeof schema === 'string' ? { right: schema } : { left: describe(schema) }
    },
    'BaseAdapter.rawEventsListProcessor': ({ args }) => {
      // Events and failures pass through as they are.
      const parts = list(list(args)[0]).map(part =>
        isFields(part) && 'valid' in part
          ? { events: [part['valid']] }
          : { failures: fields(part)['invalid'] },
      )
      const all = together(parts as unknown as readonly Adapted[])
      return 'events' in all ? { valid: all.events } : { invalid: all.failures }
    },
    'BaseAdapter.cleanupJsonEventValues': ({ args }) => {
      const [json, type, seconds] = list(args)
      const [name, value] = type === null ? [] : list(type).map(text)
      const dropped = name === undefined || value === undefined ? null : { name, value }
      return valueOf(clean(treeOf(json), { type: dropped, seconds: list(seconds).map(text) }))
    },
    'HubSpotAdapter.payloadBodyToEvents': ({ args }) =>
      listOf(readJsonList(text(fields(args)['body']), 'not a json array', maxJsonDepth)),
    'MandrillAdapter.payloadBodyToEvents': ({ args }) =>
      listOf(readMandrillEvents(text(fields(args)['rawEventString']), maxJsonDepth)),
    'PagerdutyAdapter.payloadBodyToEvents': ({ args }) =>
      listOf(readPagerdutyMessages(text(fields(args)['body']), maxJsonDepth)),
    'PagerdutyAdapter.reformatParameters': ({ args }) =>
      valueOf(reformatPagerduty(treeOf(fields(args)['json']))),
    'PingdomAdapter.reformatParameters': ({ args }) => valueOf(withoutAction(treeOf(fields(args)['json']))),
    'PingdomAdapter.reformatMapParams': ({ args }) => {
      const params = list(fields(args)['params']).map(pair => {
        const [name, value] = list(pair)
        return [text(name), textOrNull(value)] as const
      })
      const wrapped = wrappedValues(params)
      return wrapped.length > 0 ? { left: wrapped.map(describe) } : { right: Object.fromEntries(params) }
    },
    'MailchimpAdapter.toKeys': ({ args }) => stepsOf(text(fields(args)['formKey'])),
    'MailchimpAdapter.toNestedJson': ({ args }) => {
      const { keys, value } = fields(args)
      return nested(nameOf(keys), text(value))
    },
    'MailchimpAdapter.toJsons': ({ args }) =>
      pairs(fields(args)['parameters']).flatMap(([name, value]) =>
        value === null ? [] : [nested(name, value)],
      ),
    'MailchimpAdapter.mergeJsons': ({ args }) =>
      valueOf(
        list(fields(args)['jfields'])
          .map(pair => membersOf(Object.fromEntries([list(pair)])))
          .reduce(mergeMembers),
      ),
    'MailchimpAdapter.reformatParameters': ({ args }) =>
      Object.fromEntries(reformatMailchimp(new Map(pairs(fields(args)['parameters'])))),
    'GoogleAnalyticsAdapter.breakDownCompField': ({ args }) => {
      const { fieldName, value, indicator } = fields(args)
      const broken = breakName(text(fieldName))
      if ('type' in broken) return { left: describe(broken) }
      const { words, numbers } = broken
      if (indicator === undefined) return { right: [words, numbers] }
      const numbered = words.slice(0, numbers.length)
      const indexes = numbers.map((number, at) => [text(indicator) + numbered.slice(at).join(''), number])
      return { right: { ...Object.fromEntries(indexes), [words.join('')]: value } }
    },
    'JsonUtils.toJson': ({ args }) => {
      const { key, value, bools, ints, dateTimes } = fields(args)
      const [dates, format] = dateTimes === null ? [[], null] : list(dateTimes)
      if (format !== null && fields(format)['pattern'] !== 'yyyy-MM-dd HH:mm:ss') {
        throw new NotCovered(reasonsNotToRun.datePattern)
      }
      const types = {
        booleans: list(bools).map(text),
        integers: list(ints).map(text),
        dates: list(dates).map(text),
      }
      return Object.entries(
        fields(valueOf(keyValueData(new Map([[text(key), textOrNull(value)]]), types))),
      )[0]
    },
    'TsvLoader.toCollectorPayload': ({ args, receiver }) => {
      const [api] = list(fields(receiver)['args']).map(text)
      const [vendor, version] = (api ?? '').split('/')
      return {
        valid: {
          api: { vendor, version },
          querystring: [],
          contentType: null,
          body: fields(args)['line'],
          source: { name: 'tsv', encoding: 'UTF-8', hostname: null },
          context: { headers: [] },
        },
      }
    },
  }
}
