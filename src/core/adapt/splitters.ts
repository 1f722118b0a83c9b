import { parseSelfDescribing } from '../../iglu/index.ts'
import type { CollectorPayload } from '../event.ts'
import { parseJsonText } from '../validate/json-text.ts'
import { elementsOf, membersOf } from '../validate/json-tokens.ts'
import type { Splitter } from './adapter.ts'
import { splitJsonList } from './json-list.ts'
import { selfDescribingText } from './self-describing-text.ts'
import { splitGoogleAnalytics } from './vendors/google-analytics/adapter.ts'
import { splitMandrill } from './vendors/mandrill.ts'
import { splitPagerduty } from './vendors/pagerduty.ts'
import { splitSendgrid } from './vendors/sendgrid.ts'

/** How payloads that hold several events are taken apart, by vendor and version. */
export const splitters: ReadonlyMap<string, Splitter> = new Map<string, Splitter>([
  ['com.snowplowanalytics.snowplow/tp2', splitTp2],
  ['com.google.analytics/v1', splitGoogleAnalytics],
  ['com.hubspot/v1', splitJsonList],
  ['com.mandrill/v1', splitMandrill],
  ['com.pagerduty/v1', splitPagerduty],
  ['com.sendgrid/v3', splitSendgrid],
])

function splitTp2(payload: CollectorPayload, maxJsonDepth: number): CollectorPayload[] {
  const json = parseJsonText(payload.body ?? '', maxJsonDepth)
  if ('error' in json) return []
  const described = parseSelfDescribing(json.value)
  if (typeof described === 'string' || !Array.isArray(described.data)) return []
  const { uri } = described.schema
  return elementsOf(membersOf(json.text).get('data') ?? '[]').map(element => ({
    ...payload,
    body: selfDescribingText(uri, `[${element}]`),
  }))
}
