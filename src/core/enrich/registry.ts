import { anonIp } from './anon-ip.ts'
import { apiRequest } from './api-request/index.ts'
import { asnLookups } from './asn-lookups.ts'
import { botDetection } from './bot-detection.ts'
import { campaignAttribution } from './campaign-attribution.ts'
import { createEnrichments, type EnrichmentKinds, type EnrichmentTools } from './configuration.ts'
import { cookieExtractor } from './cookie-extractor.ts'
import { crossNavigation } from './cross-navigation.ts'
import { currencyConversion } from './currency/index.ts'
import { Enrichments } from './enrichments.ts'
import { eventFingerprint } from './event-fingerprint.ts'
import { openHook, parseHooks } from './hooks/index.ts'
import { httpHeaderExtractor } from './http-header-extractor.ts'
import { iabSpidersAndRobots } from './iab.ts'
import { ipLookups } from './ip-lookups.ts'
import { javascript } from './javascript/index.ts'
import { pii } from './pii/index.ts'
import { refererParser } from './referer-parser.ts'
import { sqlQuery } from './sql-query/index.ts'
import { uaParser } from './ua-parser.ts'
import { userAgentUtils } from './user-agent-utils.ts'
import { weather } from './weather.ts'
import { yauaa } from './yauaa/index.ts'

/** Every enrichment that Snowplow has, by the name of its configuration's schema. */
export const enrichmentKinds: EnrichmentKinds = {
  anon_ip: anonIp,
  api_request_enrichment_config: apiRequest,
  asn_lookups: asnLookups,
  bot_detection_enrichment_config: botDetection,
  campaign_attribution: campaignAttribution,
  cookie_extractor_config: cookieExtractor,
  cross_navigation_config: crossNavigation,
  currency_conversion_config: currencyConversion,
  event_fingerprint_config: eventFingerprint,
  http_header_extractor_config: httpHeaderExtractor,
  iab_spiders_and_robots_enrichment: iabSpidersAndRobots,
  ip_lookups: ipLookups,
  javascript_script_config: javascript,
  pii_enrichment_config: pii,
  referer_parser: refererParser,
  sql_query_enrichment_config: sqlQuery,
  ua_parser_config: uaParser,
  user_agent_utils_config: userAgentUtils,
  weather_enrichment_config: weather,
  yauaa_enrichment_config: yauaa,
}

export interface ConfiguredEnrichments {
  readonly enrichments: Enrichments
  readonly warnings: readonly string[]
}

/** The enrichments that these configurations ask for, and the hooks. Rejects, naming all that is wrong, rather than leave one out. */
export async function configureEnrichments(
  documents: readonly unknown[],
  tools: EnrichmentTools,
): Promise<ConfiguredEnrichments> {
  const { enrichments, warnings } = await createEnrichments(documents, tools, enrichmentKinds)
  const hooks = parseHooks(tools.hooks ?? {}).map(hook => openHook(hook, tools.services.lookups))
  return { enrichments: new Enrichments([...enrichments, ...hooks], tools), warnings }
}
