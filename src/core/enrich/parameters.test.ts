import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columns, type ColumnName } from '../columns.ts'
import { coreDefaults } from '../options.ts'
import { parameterRules } from './parameters.ts'
import { setupEvent } from './setup.ts'
import { testEvent, testRecord } from './test-events.ts'

/* The whole tracker protocol, one parameter at a time. Source: Enrich 3.9.0. */

const uuid = '8a3c4d5e-0f1b-4c2d-9e3f-a4b5c6d7e8f9'

/** A value of each kind as it is sent, and as it stands in its column. */
const kinds = {
  text: [' a\tb ', ' a    b '],
  uuid: [uuid.toUpperCase(), uuid],
  int: ['42', 42],
  decimal: ['1.50', '1.50'],
  flag: ['1', 1],
  time: ['1715938200123', '2024-05-17 09:30:00.123'],
  first: ['9.9.9.9, 5.6.7.8', '9.9.9.9'],
} as const

type Rows = Readonly<Record<string, readonly [ColumnName, keyof typeof kinds]>>

const oneColumn: Rows = {
  aid: ['app_id', 'text'],
  tna: ['name_tracker', 'text'],
  tv: ['v_tracker', 'text'],
  cv: ['v_collector', 'text'],
  eid: ['event_id', 'uuid'],
  tid: ['txn_id', 'int'],
  dtm: ['dvce_created_tstamp', 'time'],
  stm: ['dvce_sent_tstamp', 'time'],
  ttm: ['true_tstamp', 'time'],
  uid: ['user_id', 'text'],
  duid: ['domain_userid', 'text'],
  sid: ['domain_sessionid', 'uuid'],
  vid: ['domain_sessionidx', 'int'],
  nuid: ['network_userid', 'text'],
  tnuid: ['network_userid', 'text'],
  fp: ['user_fingerprint', 'text'],
  ip: ['user_ipaddress', 'first'],
  ua: ['useragent', 'text'],
  url: ['page_url', 'text'],
  refr: ['page_referrer', 'text'],
  page: ['page_title', 'text'],
  lang: ['br_lang', 'text'],
  cs: ['doc_charset', 'text'],
  tz: ['os_timezone', 'text'],
  cd: ['br_colordepth', 'text'],
  cookie: ['br_cookies', 'flag'],
  f_pdf: ['br_features_pdf', 'flag'],
  f_fla: ['br_features_flash', 'flag'],
  f_java: ['br_features_java', 'flag'],
  f_dir: ['br_features_director', 'flag'],
  f_qt: ['br_features_quicktime', 'flag'],
  f_realp: ['br_features_realplayer', 'flag'],
  f_wma: ['br_features_windowsmedia', 'flag'],
  f_gears: ['br_features_gears', 'flag'],
  f_ag: ['br_features_silverlight', 'flag'],
  se_ca: ['se_category', 'text'],
  ev_ca: ['se_category', 'text'],
  se_ac: ['se_action', 'text'],
  ev_ac: ['se_action', 'text'],
  se_la: ['se_label', 'text'],
  ev_la: ['se_label', 'text'],
  se_pr: ['se_property', 'text'],
  ev_pr: ['se_property', 'text'],
  se_va: ['se_value', 'decimal'],
  ev_va: ['se_value', 'decimal'],
  tr_id: ['tr_orderid', 'text'],
  tr_af: ['tr_affiliation', 'text'],
  tr_tt: ['tr_total', 'decimal'],
  tr_tx: ['tr_tax', 'decimal'],
  tr_sh: ['tr_shipping', 'decimal'],
  tr_ci: ['tr_city', 'text'],
  tr_st: ['tr_state', 'text'],
  tr_co: ['tr_country', 'text'],
  tr_cu: ['tr_currency', 'text'],
  ti_id: ['ti_orderid', 'text'],
  ti_sk: ['ti_sku', 'text'],
  ti_nm: ['ti_name', 'text'],
  ti_na: ['ti_name', 'text'],
  ti_ca: ['ti_category', 'text'],
  ti_pr: ['ti_price', 'decimal'],
  ti_qu: ['ti_quantity', 'int'],
  ti_cu: ['ti_currency', 'text'],
  pp_mix: ['pp_xoffset_min', 'int'],
  pp_max: ['pp_xoffset_max', 'int'],
  pp_miy: ['pp_yoffset_min', 'int'],
  pp_may: ['pp_yoffset_max', 'int'],
}

const twoColumns: Readonly<Record<string, readonly [ColumnName, ColumnName]>> = {
  res: ['dvce_screenwidth', 'dvce_screenheight'],
  vp: ['br_viewwidth', 'br_viewheight'],
  ds: ['doc_width', 'doc_height'],
}

const events = {
  se: 'struct',
  ev: 'struct',
  ue: 'unstruct',
  ad: 'ad_impression',
  tr: 'transaction',
  ti: 'transaction_item',
  pv: 'page_view',
  pp: 'page_ping',
}

const platforms = ['web', 'iot', 'app', 'mob', 'pc', 'cnsl', 'tv', 'srv']

/** The columns that a tracker's parameter sets, beside those that are set without it. */
function setBy(parameter: string, value: string): Partial<Record<ColumnName, unknown>> {
  const source = { record: testRecord, index: 0 }
  const without = setupEvent(testEvent({}), source, coreDefaults).event
  const { event, errors } = setupEvent(testEvent({ [parameter]: value }), source, coreDefaults)
  assert.deepEqual(
    errors.map(({ type }) => type),
    [],
  )
  const changed = columns.filter(([name]) => event[name] !== without[name])
  return Object.fromEntries(changed.map(([name]) => [name, event[name]]))
}

for (const [parameter, [column, kind]] of Object.entries(oneColumn)) {
  test(`${parameter} is ${column}, and nothing else`, () => {
    const [sent, stands] = kinds[kind]
    assert.deepEqual(setBy(parameter, sent), { [column]: stands })
  })
}

for (const [parameter, [width, height]] of Object.entries(twoColumns)) {
  test(`${parameter} is ${width} and ${height}`, () => {
    assert.deepEqual(setBy(parameter, '800x600'), { [width]: 800, [height]: 600 })
  })
}

test('e is one of eight kinds, p one of eight platforms', () => {
  for (const [sent, event] of Object.entries(events)) assert.deepEqual(setBy('e', sent), { event })
  for (const platform of platforms) assert.deepEqual(setBy('p', platform), { platform })
})

test('these are all parameters that there are, beside the four of JSON', () => {
  const known = [
    ...Object.keys(oneColumn),
    ...Object.keys(twoColumns),
    'e',
    'p',
    'co',
    'cx',
    'ue_pr',
    'ue_px',
  ]
  for (const version of ['3.9', '4.2'] as const)
    assert.deepEqual([...parameterRules[version].keys()].toSorted(), known.toSorted())
})
