import type { SelfDescribingSchema } from '../embedded-registry.ts'
import { anything, list, record, schema, text } from './notation.ts'

const vendor = 'com.snowplowanalytics.snowplow'

const uriPattern = '^iglu:[a-zA-Z0-9-_.]+/[a-zA-Z0-9-_]+/[a-zA-Z0-9-_]+/[0-9]+-[0-9]+-[0-9]+$'

/** A self-describing JSON, whatever it says. */
const selfDescribing = record({ schema: text({ pattern: uriPattern }), data: anything }, { required: 'all' })

const firstParameters = [
  [
    'tv',
    'tna',
    'aid',
    'p',
    'dtm',
    'tz',
    'e',
    'tid',
    'eid',
    'duid',
    'nuid',
    'uid',
    'vid',
    'ip',
    'res',
    'url',
    'page',
  ],
  ['refr', 'fp', 'ctype', 'cookie', 'lang', 'f_pdf', 'f_qt', 'f_realp', 'f_wma', 'f_dir', 'f_fla', 'f_java'],
  [
    'f_gears',
    'f_ag',
    'cd',
    'ds',
    'cs',
    'vp',
    'mac',
    'pp_mix',
    'pp_max',
    'pp_miy',
    'pp_may',
    'ad_ba',
    'ad_ca',
  ],
  [
    'ad_ad',
    'ad_uid',
    'tr_id',
    'tr_af',
    'tr_tt',
    'tr_tx',
    'tr_sh',
    'tr_ci',
    'tr_st',
    'tr_co',
    'tr_cu',
    'ti_id',
  ],
  [
    'ti_sk',
    'ti_nm',
    'ti_na',
    'ti_ca',
    'ti_pr',
    'ti_qu',
    'ti_cu',
    'sa',
    'sn',
    'st',
    'sp',
    'se_ca',
    'se_ac',
    'se_la',
  ],
  ['se_pr', 'se_va', 'ue_na', 'ue_pr', 'ue_px', 'co', 'cx'],
].flat()

/** What each version added to the one before. */
const addedParameters: Readonly<Record<string, readonly string[]>> = {
  '1-0-0': [],
  '1-0-1': ['ua'],
  '1-0-2': ['tnuid'],
  '1-0-3': ['stm', 'sid'],
  '1-0-4': ['ttm'],
}

function payloadData(): readonly SelfDescribingSchema[] {
  const names = [...firstParameters]
  return Object.entries(addedParameters).map(([version, added]) => {
    names.push(...added)
    const event = record(Object.fromEntries(names.map(name => [name, text()])), {
      required: ['tv', 'p', 'e'],
    })
    return schema(
      vendor,
      'payload_data',
      version,
      'What a tracker sends in one request',
      list(event, { minItems: 1 }),
    )
  })
}

export const wrappers: readonly SelfDescribingSchema[] = [
  ...payloadData(),
  schema(vendor, 'contexts', '1-0-0', 'What is known about an event', list(selfDescribing, { minItems: 1 })),
  schema(vendor, 'contexts', '1-0-1', 'What is known about an event', list(selfDescribing)),
  schema(vendor, 'unstruct_event', '1-0-0', 'An event of any kind', selfDescribing),
]
