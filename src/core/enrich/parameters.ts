import { columnIndex, type ColumnName } from '../columns.ts'
import {
  decodeBase64,
  toDecimal,
  toEventType,
  toFlag,
  toInt,
  toIp,
  toPlatform,
  toPlatformOrHeadset,
  toText,
  toTimestamp,
  toUuid,
  type Refusal,
} from './conversions.ts'

/*
 * The tracker protocol: which parameter feeds which column, and how. Where two parameters feed one column, Snowplow
 * leaves the winner to the order of a hash map; here the one that is named in `yieldsTo` wins.
 */

export type Convert = (value: string) => string | number | null | Refusal

export type ParameterRule =
  | {
      readonly kind: 'value'
      readonly slot: number
      readonly convert: Convert
      /** When this parameter is there too, its value stands. */
      readonly yieldsTo: string | null
    }
  | { readonly kind: 'dimensions'; readonly widthSlot: number; readonly heightSlot: number }
  | {
      readonly kind: 'json'
      readonly column: 'contexts' | 'unstruct_event'
      readonly decode: (value: string) => string
      readonly wins: boolean
    }

type ValueRow = readonly [parameter: string, column: ColumnName, convert: Convert, yieldsTo?: string]

const values: readonly ValueRow[] = [
  ['e', 'event', toEventType],
  ['aid', 'app_id', toText],
  ['tna', 'name_tracker', toText],
  ['tv', 'v_tracker', toText],
  ['cv', 'v_collector', toText],
  ['eid', 'event_id', toUuid],
  ['tid', 'txn_id', toInt],
  ['dtm', 'dvce_created_tstamp', toTimestamp],
  ['stm', 'dvce_sent_tstamp', toTimestamp],
  ['ttm', 'true_tstamp', toTimestamp],
  ['uid', 'user_id', toText],
  ['duid', 'domain_userid', toText],
  ['sid', 'domain_sessionid', toUuid],
  ['vid', 'domain_sessionidx', toInt],
  ['nuid', 'network_userid', toText, 'tnuid'],
  ['tnuid', 'network_userid', toText],
  ['fp', 'user_fingerprint', toText],
  ['ip', 'user_ipaddress', toIp],
  ['ua', 'useragent', toText],
  ['url', 'page_url', toText],
  ['refr', 'page_referrer', toText],
  ['page', 'page_title', toText],
  ['lang', 'br_lang', toText],
  ['cs', 'doc_charset', toText],
  ['tz', 'os_timezone', toText],
  ['cd', 'br_colordepth', toText],
  ['cookie', 'br_cookies', toFlag],
  ['f_pdf', 'br_features_pdf', toFlag],
  ['f_fla', 'br_features_flash', toFlag],
  ['f_java', 'br_features_java', toFlag],
  ['f_dir', 'br_features_director', toFlag],
  ['f_qt', 'br_features_quicktime', toFlag],
  ['f_realp', 'br_features_realplayer', toFlag],
  ['f_wma', 'br_features_windowsmedia', toFlag],
  ['f_gears', 'br_features_gears', toFlag],
  ['f_ag', 'br_features_silverlight', toFlag],
  ['se_ca', 'se_category', toText],
  ['ev_ca', 'se_category', toText, 'se_ca'],
  ['se_ac', 'se_action', toText],
  ['ev_ac', 'se_action', toText, 'se_ac'],
  ['se_la', 'se_label', toText],
  ['ev_la', 'se_label', toText, 'se_la'],
  ['se_pr', 'se_property', toText],
  ['ev_pr', 'se_property', toText, 'se_pr'],
  ['se_va', 'se_value', toDecimal],
  ['ev_va', 'se_value', toDecimal, 'se_va'],
  ['tr_id', 'tr_orderid', toText],
  ['tr_af', 'tr_affiliation', toText],
  ['tr_tt', 'tr_total', toDecimal],
  ['tr_tx', 'tr_tax', toDecimal],
  ['tr_sh', 'tr_shipping', toDecimal],
  ['tr_ci', 'tr_city', toText],
  ['tr_st', 'tr_state', toText],
  ['tr_co', 'tr_country', toText],
  ['tr_cu', 'tr_currency', toText],
  ['ti_id', 'ti_orderid', toText],
  ['ti_sk', 'ti_sku', toText],
  ['ti_nm', 'ti_name', toText],
  ['ti_na', 'ti_name', toText, 'ti_nm'],
  ['ti_ca', 'ti_category', toText],
  ['ti_pr', 'ti_price', toDecimal],
  ['ti_qu', 'ti_quantity', toInt],
  ['ti_cu', 'ti_currency', toText],
  ['pp_mix', 'pp_xoffset_min', toInt],
  ['pp_max', 'pp_xoffset_max', toInt],
  ['pp_miy', 'pp_yoffset_min', toInt],
  ['pp_may', 'pp_yoffset_max', toInt],
]

const dimensions: readonly (readonly [parameter: string, width: ColumnName, height: ColumnName])[] = [
  ['res', 'dvce_screenwidth', 'dvce_screenheight'],
  ['vp', 'br_viewwidth', 'br_viewheight'],
  ['ds', 'doc_width', 'doc_height'],
]

const asSent = (value: string): string => value

const jsons: readonly (readonly [string, ParameterRule])[] = [
  ['co', { kind: 'json', column: 'contexts', decode: asSent, wins: false }],
  ['cx', { kind: 'json', column: 'contexts', decode: decodeBase64, wins: true }],
  ['ue_pr', { kind: 'json', column: 'unstruct_event', decode: asSent, wins: false }],
  ['ue_px', { kind: 'json', column: 'unstruct_event', decode: decodeBase64, wins: true }],
]

function valueRule([parameter, column, convert, yieldsTo]: ValueRow): [string, ParameterRule] {
  return [parameter, { kind: 'value', slot: columnIndex[column], convert, yieldsTo: yieldsTo ?? null }]
}

function rulesWith(platform: Convert): ReadonlyMap<string, ParameterRule> {
  const rules = new Map<string, ParameterRule>(
    [...values, ['p', 'platform', platform] as const].map(valueRule),
  )
  for (const [parameter, width, height] of dimensions) {
    const slots = { widthSlot: columnIndex[width], heightSlot: columnIndex[height] }
    rules.set(parameter, { kind: 'dimensions', ...slots })
  }
  for (const [parameter, rule] of jsons) rules.set(parameter, rule)
  return rules
}

/** What to do with each parameter, by its name. */
export const parameterRules = {
  '3.9': rulesWith(toPlatform),
  '4.2': rulesWith(toPlatformOrHeadset),
} as const
