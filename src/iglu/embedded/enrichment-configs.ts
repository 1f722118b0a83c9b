import type { SelfDescribingSchema } from '../embedded-registry.ts'
import {
  anything,
  flag,
  int32,
  integer,
  list,
  number,
  orNull,
  record,
  text,
  uri,
  type Rule,
  versions,
} from './notation.ts'
import { criterionPattern, piiColumns, settings, type Fields } from './settings.ts'

/** Where a file is, and which of these it is. */
function file(database: readonly string[], where: Rule = uri): Rule {
  return record({ database: { enum: database }, uri: where }, { required: 'all', open: true })
}

const campaignField = { $ref: '#/definitions/stringArray' }

const campaignFields = {
  mktMedium: campaignField,
  mktSource: campaignField,
  mktTerm: campaignField,
  mktContent: campaignField,
  mktCampaign: campaignField,
}

function campaignSettings(mapping: Rule, more: Fields): Rule {
  const fields = record({ ...campaignFields, ...more }, { required: Object.keys(campaignFields) })
  const parameters = record({ mapping, fields }, { required: ['fields'] })
  return {
    type: 'object',
    properties: { vendor: text(), name: text(), enabled: flag, parameters },
    definitions: { stringArray: list(text()) },
    required: ['name', 'vendor', 'enabled', 'parameters'],
    additionalProperties: false,
  }
}

const refererFile = { internalDomains: list(text()), database: text(), uri }

/** `more` is what else an entry of one's own may say. */
function refererSettings(more: Fields): Rule {
  const entry = { domains: list(text(), { minItems: 1 }), parameters: list(text()), ...more }
  const medium = { type: 'object', additionalProperties: record(entry, { required: ['domains'] }) }
  const referrers = { type: 'object', additionalProperties: medium }
  return settings(record({ ...refererFile, referrers }, { required: Object.keys(refererFile) }))
}

const geoFiles = {
  geo: file(['GeoLite2-City.mmdb', 'GeoIP2-City.mmdb']),
  isp: file(['GeoIP2-ISP.mmdb']),
  domain: file(['GeoIP2-Domain.mmdb']),
  connectionType: file(['GeoIP2-Connection-Type.mmdb']),
}

const iabFiles = {
  ipFile: file(['ip_exclude_current_cidr.txt']),
  excludeUseragentFile: file(['exclude_current.txt']),
  includeUseragentFile: file(['include_current.txt']),
}

const uaParserConfig = record(
  { vendor: text(), name: text(), enabled: flag, parameters: { type: 'object', maxProperties: 0 } },
  { required: ['name', 'vendor', 'enabled'] },
)

const piiFields = record(
  {
    field: {
      enum: piiColumns,
    },
  },
  { required: 'all' },
)

/** `field` is the column of a JSON, `more` what else the hash function takes. */
function piiParameters(field: Rule, more: Fields): Rule {
  const hashFunction = { enum: ['MD2', 'MD5', 'SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'] }
  const pseudonymize = record({ hashFunction, ...more }, { required: 'all' })
  const json = record(
    {
      field,
      schemaCriterion: text({ pattern: criterionPattern }),
      jsonPath: text({ pattern: String.raw`^\$.*$` }),
    },
    { required: 'all' },
  )
  const pii = list({
    type: 'object',
    properties: { pojo: piiFields, json },
    oneOf: [{ required: ['pojo'] }, { required: ['json'] }],
    additionalProperties: false,
  })
  return record({ pii, strategy: record({ pseudonymize }, { required: 'all' }) }, { required: 'all' })
}

const piiStrategy = piiParameters(
  { enum: ['contexts', 'derived_contexts', 'unstruct_event'] },
  { salt: text() },
)

export const enrichmentConfigs: readonly SelfDescribingSchema[] = [
  ...versions('com.snowplowanalytics.snowplow', 'enrichments', 'All settings of enrichments', {
    '1-0-0': list(
      record(
        {
          schema: text({
            pattern: '^iglu:[a-zA-Z0-9-_.]+/[a-zA-Z0-9-_]+/[a-zA-Z0-9-_]+/[0-9]+-[0-9]+-[0-9]+$',
          }),
          data: anything,
        },
        { required: 'all' },
      ),
    ),
  }),
  ...versions('com.snowplowanalytics.snowplow', 'anon_ip', 'Settings: mask the end of addresses', {
    '1-0-0': settings(record({ anonOctets: number(1, 4) }, { required: 'all' })),
    '1-0-1': settings(
      record({ anonOctets: number(1, 4), anonSegments: integer(1, 8) }, { required: ['anonOctets'] }),
    ),
  }),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'campaign_attribution',
    'Settings: which parameters of a page name the campaign',
    {
      '1-0-0': campaignSettings({ enum: ['static', 'script'] }, {}),
      '1-0-1': campaignSettings(orNull(text({ enum: ['static', 'script'] })), {
        mktClickId: { type: 'object', additionalProperties: text() },
      }),
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'event_fingerprint_config',
    'Settings: tell events apart by their parameters',
    {
      '1-0-0': settings(
        record({ hashAlgorithm: { enum: ['MD5'] }, excludeParameters: list(text()) }, { required: 'all' }),
      ),
      '1-0-1': settings(
        record(
          {
            hashAlgorithm: { enum: ['MD5', 'SHA1', 'SHA256', 'SHA384', 'SHA512'] },
            excludeParameters: list(text()),
          },
          { required: 'all' },
        ),
      ),
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'ip_lookups',
    'Settings: which files say where an address is',
    {
      '1-0-0': settings(
        record({
          geo: file(['GeoLiteCity.dat', 'GeoIPCity.dat'], text()),
          isp: file(['GeoIPISP.dat'], text()),
          organization: file(['GeoIPOrg.dat'], text()),
          domain: file(['GeoIPDomain.dat'], text()),
          netspeed: file(['GeoIPNetSpeed.dat', 'GeoIPNetSpeedCell.dat'], text()),
        }),
      ),
      '2-0-0': settings(record(geoFiles), { names: text(256) }),
      '2-0-1': settings(record({ ...geoFiles, asn: file(['GeoLite2-ASN.mmdb']) }), { names: text(256) }),
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'referer_parser',
    'Settings: tell search engines and social networks among the referring pages',
    {
      '1-0-0': settings(record({ internalDomains: list(text()) }, { required: 'all' })),
      '2-0-0': settings(record(refererFile, { required: 'all' })),
      '2-0-1': refererSettings({}),
      '2-0-2': refererSettings({ utm_sources: list(text()) }),
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'ua_parser_config',
    'Settings: read the user agent with ua-parser',
    {
      '1-0-0': uaParserConfig,
      '1-0-1': settings(record({ database: text(), uri }), { required: ['name', 'vendor', 'enabled'] }),
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'user_agent_utils_config',
    'Settings: read the user agent with user-agent-utils',
    {
      '1-0-0': uaParserConfig,
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'javascript_script_config',
    'Settings: a script that sees each event',
    {
      '1-0-0': settings(record({ script: text() }, { required: 'all' })),
      '1-0-1': settings(record({ script: text(), config: { type: 'object' } }, { required: ['script'] })),
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'cookie_extractor_config',
    'Settings: keep cookies of the request',
    {
      '1-0-0': settings(record({ cookies: list(text()) }, { required: 'all' })),
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow.enrichments',
    'asn_lookups',
    'Settings: find the network of an address',
    {
      '1-0-0': settings(
        record({
          botAsnsFile: record({ uri, database: text() }, { required: 'all' }),
          botAsns: list(record({ asn: integer(0, int32), name: text() }, { required: ['asn'] })),
          bypassPlatforms: list(
            text({ enum: ['web', 'iot', 'app', 'mob', 'pc', 'cnsl', 'tv', 'srv', 'headset'] }),
          ),
        }),
        { names: text(256) },
      ),
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow.enrichments',
    'bot_detection_enrichment_config',
    'Settings: put together what tells bots apart',
    {
      '1-0-0': settings(record({ useYauaa: flag, useIab: flag, useAsnLookups: flag }, { required: 'all' }), {
        required: 'all',
      }),
      '1-0-1': settings(
        record(
          { useYauaa: flag, useIab: flag, useAsnLookups: flag, useClientSideDetection: flag },
          { required: 'all' },
        ),
        { required: 'all' },
      ),
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow.enrichments',
    'cross_navigation_config',
    'Settings: read the user from a link between sites',
    {
      '1-0-0': record({ vendor: text(), name: text(), enabled: flag }, { required: 'all' }),
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow.enrichments',
    'http_header_extractor_config',
    'Settings: keep headers of the request',
    {
      '1-0-0': settings(record({ headersPattern: text() }, { required: 'all' })),
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow.enrichments',
    'iab_spiders_and_robots_enrichment',
    'Settings: look for known spiders and robots',
    {
      '1-0-0': settings(record(iabFiles, { required: 'all' }), { required: 'all' }),
      '1-0-1': settings(
        record(
          { ...iabFiles, includeUseragents: list(text()), excludeUseragents: list(text()) },
          { required: Object.keys(iabFiles) },
        ),
        { required: 'all' },
      ),
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow.enrichments',
    'pii_enrichment_config',
    'Settings: replace personal data by hashes',
    {
      '1-0-0': settings(piiParameters(text(), {}), { required: 'all' }),
      '2-0-0': record(
        { vendor: text(), name: text(), enabled: flag, emitEvent: flag, parameters: piiStrategy },
        { required: 'all' },
      ),
      '2-0-1': record(
        {
          vendor: text(),
          name: text(),
          enabled: flag,
          emitEvent: flag,
          parameters: piiStrategy,
          anonymousOnly: flag,
        },
        { required: ['vendor', 'name', 'enabled', 'emitEvent', 'parameters'] },
      ),
    },
  ),
]
