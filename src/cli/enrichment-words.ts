/** What each enrichment does, for people who read `millrace lint`; by the name of its configuration's schema. */
export const enrichmentWords: Readonly<Record<string, string>> = {
  anon_ip: 'hides the end of user_ipaddress, after all others have seen it',
  api_request_enrichment_config: 'asks an HTTP service about each event; its answers become derived contexts',
  asn_lookups: 'marks networks of bots in the context asn',
  bot_detection_enrichment_config: 'says whether the event comes from a bot, by what the others found',
  campaign_attribution: 'sets mkt_* from the querystring of the page',
  cookie_extractor_config: 'attaches cookies of the request',
  cross_navigation_config: 'attaches what the _sp parameter of a link says',
  currency_conversion_config: 'sets *_base from amounts in other currencies, by rates of Open Exchange Rates',
  event_fingerprint_config: 'sets event_fingerprint, a hash of what the tracker sent',
  http_header_extractor_config: 'attaches headers of the request',
  iab_spiders_and_robots_enrichment: 'tells spiders and robots by the lists of the IAB',
  ip_lookups: 'sets geo_* and ip_* from databases of addresses',
  javascript_script_config: 'runs a script of yours on each event',
  pii_enrichment_config: 'puts pseudonyms in place of personal data, last of all',
  referer_parser: 'sets refr_medium, refr_source and refr_term by a list of referrers',
  sql_query_enrichment_config: 'asks a database about each event; its rows become derived contexts',
  ua_parser_config: 'attaches browser, operating system and device, by uap-core',
  user_agent_utils_config: 'is deprecated and not offered',
  weather_enrichment_config: 'attaches the weather at the place and time of the event',
  yauaa_enrichment_config: 'attaches what Yauaa says of the user agent',
}

/** The same of hooks, by their field in `enrich.hooks`. */
export const hookWords: Readonly<Record<string, string>> = {
  eventSpecification: 'asks a service of yours which event specifications an event meets',
  identity: 'asks a service of yours whose event it is',
}
