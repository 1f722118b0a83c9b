import { integer, list, number, orNull, record, text, type Rule } from './notation.ts'

/* What bad rows show of what was bad: the request that a collector took, and the event as far as it had come. */

/** Of a request, whatever it is called where it stands. */
const request = {
  encoding: text(32),
  hostname: orNull(text(8192)),
  timestamp: orNull(text({ format: 'date-time' })),
  ipAddress: orNull(text(128)),
  useragent: orNull(text(4096)),
  refererUri: orNull(text(8192)),
  headers: orNull(list(text(8192))),
}
const userId = orNull(text({ format: 'uuid' }))

export function parameters(required: readonly string[]): Rule {
  return orNull(list(record({ name: text(512), value: orNull(text(512)) }, { required })))
}

export function collectorPayload(querystring: Rule): Rule {
  return record(
    {
      vendor: text(64),
      version: text(16),
      querystring,
      contentType: orNull(text(256)),
      body: orNull(text()),
      collector: text(32),
      ...request,
      networkUserId: userId,
    },
    { required: ['vendor', 'version', 'collector', 'encoding'] },
  )
}

function rawEvent(sent: Rule): Rule {
  return record(
    {
      vendor: text(64),
      version: text(16),
      parameters: sent,
      contentType: orNull(text(256)),
      loaderName: text(32),
      ...request,
      userId,
    },
    { required: ['vendor', 'version', 'loaderName', 'encoding'] },
  )
}

const columns = `
  app_id platform etl_tstamp collector_tstamp dvce_created_tstamp event event_id txn_id name_tracker v_tracker
  v_collector v_etl user_id user_ipaddress user_fingerprint domain_userid domain_sessionidx network_userid
  geo_country geo_region geo_city geo_zipcode geo_latitude geo_longitude geo_region_name ip_isp ip_organization
  ip_domain ip_netspeed page_url page_title page_referrer page_urlscheme page_urlhost page_urlport page_urlpath
  page_urlquery page_urlfragment refr_urlscheme refr_urlhost refr_urlport refr_urlpath refr_urlquery
  refr_urlfragment refr_medium refr_source refr_term mkt_medium mkt_source mkt_term mkt_content mkt_campaign
  contexts se_category se_action se_label se_property se_value unstruct_event tr_orderid tr_affiliation tr_total
  tr_tax tr_shipping tr_city tr_state tr_country ti_orderid ti_sku ti_name ti_category ti_price ti_quantity
  pp_xoffset_min pp_xoffset_max pp_yoffset_min pp_yoffset_max useragent br_name br_family br_version br_type
  br_renderengine br_lang br_features_pdf br_features_flash br_features_java br_features_director
  br_features_quicktime br_features_realplayer br_features_windowsmedia br_features_gears br_features_silverlight
  br_cookies br_colordepth br_viewwidth br_viewheight os_name os_family os_manufacturer os_timezone dvce_type
  dvce_ismobile dvce_screenwidth dvce_screenheight doc_charset doc_width doc_height tr_currency tr_total_base
  tr_tax_base tr_shipping_base ti_currency ti_price_base base_currency geo_timezone mkt_clickid mkt_network
  etl_tags dvce_sent_tstamp refr_domain_userid refr_dvce_tstamp derived_contexts domain_sessionid derived_tstamp
  event_vendor event_name event_format event_version event_fingerprint true_tstamp`

const wholeNumbers =
  /^(?:domain_sessionidx|\w+_urlport|ti_quantity|pp_.+|br_features_.+|br_cookies|br_view.+|dvce_(?:ismobile|screen.+)|doc_(?:width|height))$/

function columnRule(name: string): Rule {
  if (name === 'geo_latitude' || name === 'geo_longitude') return number()
  return wholeNumbers.test(name) ? integer() : text()
}

const enriched = Object.fromEntries(
  columns
    .trim()
    .split(/\s+/)
    .map(name => [name, orNull(columnRule(name))]),
)

/** `known`: columns that cannot be null. */
function eventPayload(sent: Rule, known: Readonly<Record<string, Rule>> = {}): Rule {
  const properties = { ...enriched, ...known }
  return record(
    { raw: rawEvent(sent), enriched: { properties, additionalProperties: false } },
    { open: true },
  )
}

export const eventPayloadV1 = eventPayload({ type: 'object' }, { v_collector: text(), v_etl: text() })
export const eventPayloadV2 = eventPayload(parameters(['name', 'value']))
