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
  schema,
  text,
  uri,
} from './notation.ts'

const geoFile = record(
  { database: { enum: ['GeoLite2-City.mmdb', 'GeoIP2-City.mmdb'] }, uri: uri },
  { required: 'all', open: true },
)

const connectionTypeFile = record(
  { database: { enum: ['GeoIP2-Connection-Type.mmdb'] }, uri: uri },
  { required: 'all', open: true },
)

const uaParserConfig = record(
  { vendor: text(), name: text(), enabled: flag, parameters: { type: 'object', maxProperties: 0 } },
  { required: ['name', 'vendor', 'enabled'] },
)

const apiInputs = list({
  type: 'object',
  properties: {
    key: text({ pattern: '^[A-Za-z0-9_-]+$' }),
    pojo: record({ field: text() }),
    json: record({
      field: text({ enum: ['unstruct_event', 'contexts', 'derived_contexts'] }),
      schemaCriterion: text({
        pattern: String.raw`^iglu:[a-zA-Z0-9-_.]+/[a-zA-Z0-9-_]+/[a-zA-Z0-9-_]+/([1-9][0-9]*|\*)-((?:0|[1-9][0-9]*)|\*)-((?:0|[1-9][0-9]*)|\*)$`,
      }),
      jsonPath: text({ pattern: String.raw`^\$.*$` }),
    }),
  },
  additionalProperties: false,
  minProperties: 2,
  maxProperties: 2,
  required: ['key'],
})

const api = {
  type: 'object',
  minProperties: 1,
  maxProperties: 1,
  properties: {
    http: record(
      {
        method: text({ enum: ['GET', 'POST', 'PUT'] }),
        uri: text(),
        timeout: integer(1, 60000),
        authentication: record({
          httpBasic: record({ username: text(), password: text() }, { required: 'all' }),
        }),
      },
      { required: 'all' },
    ),
  },
  additionalProperties: false,
}

const apiOutputs = list(
  {
    type: 'object',
    properties: {
      schema: text({
        pattern:
          '^iglu:([a-zA-Z0-9-_.]+)/([a-zA-Z0-9-_]+)/([a-zA-Z0-9-_]+)/([1-9][0-9]*(?:-(?:0|[1-9][0-9]*)){2})$',
      }),
      json: record({ jsonPath: text({ pattern: String.raw`^\$.*$` }) }, { required: 'all' }),
    },
    required: ['schema'],
    minProperties: 2,
    maxProperties: 2,
    additionalProperties: false,
  },
  { minItems: 1 },
)

const cache = record({ size: integer(0), ttl: integer(0, 86400) }, { required: 'all' })

const excludedAddresses = record(
  { database: { enum: ['ip_exclude_current_cidr.txt'] }, uri: uri },
  { required: 'all', open: true },
)

const piiFields = record(
  {
    field: {
      enum: [
        'user_id',
        'user_ipaddress',
        'user_fingerprint',
        'domain_userid',
        'network_userid',
        'ip_organization',
        'ip_domain',
        'tr_orderid',
        'ti_orderid',
        'mkt_term',
        'mkt_content',
        'se_category',
        'se_action',
        'se_label',
        'se_property',
        'mkt_clickid',
        'refr_domain_userid',
        'domain_sessionid',
      ],
    },
  },
  { required: 'all' },
)

const piiStrategy = record(
  {
    pii: list({
      type: 'object',
      properties: {
        pojo: piiFields,
        json: record(
          {
            field: { enum: ['contexts', 'derived_contexts', 'unstruct_event'] },
            schemaCriterion: text({
              pattern: String.raw`^iglu:([a-zA-Z0-9-_.]+)/([a-zA-Z0-9-_]+)/([a-zA-Z0-9-_]+)/([1-9][0-9]*|\*)-((?:0|[1-9][0-9]*)|\*)-((?:0|[1-9][0-9]*)|\*)$`,
            }),
            jsonPath: text({ pattern: String.raw`^\$.*$` }),
          },
          { required: 'all' },
        ),
      },
      oneOf: [{ required: ['pojo'] }, { required: ['json'] }],
      additionalProperties: false,
    }),
    strategy: record(
      {
        pseudonymize: record(
          { hashFunction: { enum: ['MD2', 'MD5', 'SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'] }, salt: text() },
          { required: 'all' },
        ),
      },
      { required: 'all' },
    ),
  },
  { required: 'all' },
)

const sqlInputs = list({
  type: 'object',
  properties: {
    placeholder: integer(1, 64),
    pojo: record({ field: text() }, { required: 'all' }),
    json: record(
      {
        field: text({ enum: ['unstruct_event', 'contexts', 'derived_contexts'] }),
        schemaCriterion: text({
          pattern: String.raw`^iglu:([a-zA-Z0-9-_.]+)/([a-zA-Z0-9-_]+)/([a-zA-Z0-9-_]+)/([1-9][0-9]*|\*)-((?:0|[1-9][0-9]*)|\*)-((?:0|[1-9][0-9]*)|\*)$`,
        }),
        jsonPath: text(),
      },
      { required: 'all' },
    ),
  },
  additionalProperties: false,
  minProperties: 2,
  maxProperties: 2,
  required: ['placeholder'],
})

const postgresql = record(
  {
    host: text(),
    port: integer(1, 65535),
    sslMode: flag,
    username: text({ minLength: 1 }),
    password: text(),
    database: text({ minLength: 1 }),
  },
  { required: 'all' },
)

const database = {
  oneOf: [
    record({ postgresql: postgresql }, { required: 'all' }),
    record({ mysql: postgresql }, { required: 'all', open: true }),
  ],
  additionalProperties: true,
}

const sqlOutput = record({
  expectedRows: text({ enum: ['AT_LEAST_ONE', 'AT_LEAST_ZERO', 'AT_MOST_ONE', 'EXACTLY_ONE'] }),
  json: record(
    {
      schema: text({
        pattern:
          '^iglu:([a-zA-Z0-9-_.]+)/([a-zA-Z0-9-_]+)/([a-zA-Z0-9-_]+)/([1-9][0-9]*(?:-(?:0|[1-9][0-9]*)){2})$',
      }),
      propertyNames: text({
        enum: ['AS_IS', 'CAMEL_CASE', 'PASCAL_CASE', 'SNAKE_CASE', 'LOWER_CASE', 'UPPER_CASE'],
      }),
      describes: text({ enum: ['ALL_ROWS', 'EVERY_ROW'] }),
    },
    { required: 'all' },
  ),
})

export const enrichmentConfigs: readonly SelfDescribingSchema[] = [
  schema(
    'com.snowplowanalytics.snowplow',
    'enrichments',
    '1-0-0',
    'All settings of enrichments',
    list(
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
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'anon_ip',
    '1-0-0',
    'Settings: mask the end of addresses',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record({ anonOctets: number(1, 4) }, { required: 'all' }),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'anon_ip',
    '1-0-1',
    'Settings: mask the end of addresses',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record(
          { anonOctets: number(1, 4), anonSegments: integer(1, 8) },
          { required: ['anonOctets'] },
        ),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'campaign_attribution',
    '1-0-0',
    'Settings: which parameters of a page name the campaign',
    {
      type: 'object',
      properties: {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record(
          {
            mapping: { enum: ['static', 'script'] },
            fields: record(
              {
                mktMedium: { $ref: '#/definitions/stringArray' },
                mktSource: { $ref: '#/definitions/stringArray' },
                mktTerm: { $ref: '#/definitions/stringArray' },
                mktContent: { $ref: '#/definitions/stringArray' },
                mktCampaign: { $ref: '#/definitions/stringArray' },
              },
              { required: 'all' },
            ),
          },
          { required: ['fields'] },
        ),
      },
      definitions: { stringArray: list(text()) },
      required: ['name', 'vendor', 'enabled', 'parameters'],
      additionalProperties: false,
    },
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'campaign_attribution',
    '1-0-1',
    'Settings: which parameters of a page name the campaign',
    {
      type: 'object',
      properties: {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record(
          {
            mapping: orNull(text({ enum: ['static', 'script'] })),
            fields: record(
              {
                mktMedium: { $ref: '#/definitions/stringArray' },
                mktSource: { $ref: '#/definitions/stringArray' },
                mktTerm: { $ref: '#/definitions/stringArray' },
                mktContent: { $ref: '#/definitions/stringArray' },
                mktCampaign: { $ref: '#/definitions/stringArray' },
                mktClickId: { type: 'object', additionalProperties: text() },
              },
              { required: ['mktMedium', 'mktSource', 'mktTerm', 'mktContent', 'mktCampaign'] },
            ),
          },
          { required: ['fields'] },
        ),
      },
      definitions: { stringArray: list(text()) },
      required: ['name', 'vendor', 'enabled', 'parameters'],
      additionalProperties: false,
    },
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'event_fingerprint_config',
    '1-0-0',
    'Settings: tell events apart by their parameters',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record(
          { hashAlgorithm: { enum: ['MD5'] }, excludeParameters: list(text()) },
          { required: 'all' },
        ),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'event_fingerprint_config',
    '1-0-1',
    'Settings: tell events apart by their parameters',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record(
          {
            hashAlgorithm: { enum: ['MD5', 'SHA1', 'SHA256', 'SHA384', 'SHA512'] },
            excludeParameters: list(text()),
          },
          { required: 'all' },
        ),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'ip_lookups',
    '1-0-0',
    'Settings: which files say where an address is',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record({
          geo: record(
            { database: { enum: ['GeoLiteCity.dat', 'GeoIPCity.dat'] }, uri: text() },
            { required: 'all', open: true },
          ),
          isp: record({ database: { enum: ['GeoIPISP.dat'] }, uri: text() }, { required: 'all', open: true }),
          organization: record(
            { database: { enum: ['GeoIPOrg.dat'] }, uri: text() },
            { required: 'all', open: true },
          ),
          domain: record(
            { database: { enum: ['GeoIPDomain.dat'] }, uri: text() },
            { required: 'all', open: true },
          ),
          netspeed: record(
            { database: { enum: ['GeoIPNetSpeed.dat', 'GeoIPNetSpeedCell.dat'] }, uri: text() },
            { required: 'all', open: true },
          ),
        }),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'ip_lookups',
    '2-0-0',
    'Settings: which files say where an address is',
    record(
      {
        vendor: text(256),
        name: text(256),
        enabled: flag,
        parameters: record({
          geo: geoFile,
          isp: record({ database: { enum: ['GeoIP2-ISP.mmdb'] }, uri: uri }, { required: 'all', open: true }),
          domain: record(
            { database: { enum: ['GeoIP2-Domain.mmdb'] }, uri: uri },
            { required: 'all', open: true },
          ),
          connectionType: connectionTypeFile,
        }),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'ip_lookups',
    '2-0-1',
    'Settings: which files say where an address is',
    record(
      {
        vendor: text(256),
        name: text(256),
        enabled: flag,
        parameters: record({
          geo: geoFile,
          isp: record({ database: { enum: ['GeoIP2-ISP.mmdb'] }, uri: uri }, { required: 'all', open: true }),
          domain: record(
            { database: { enum: ['GeoIP2-Domain.mmdb'] }, uri: uri },
            { required: 'all', open: true },
          ),
          connectionType: connectionTypeFile,
          asn: record(
            { database: { enum: ['GeoLite2-ASN.mmdb'] }, uri: uri },
            { required: 'all', open: true },
          ),
        }),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'referer_parser',
    '1-0-0',
    'Settings: tell search engines and social networks among the referring pages',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record({ internalDomains: list(text()) }, { required: 'all' }),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'referer_parser',
    '2-0-0',
    'Settings: tell search engines and social networks among the referring pages',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record(
          { internalDomains: list(text()), database: text(), uri: uri },
          { required: 'all' },
        ),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'referer_parser',
    '2-0-1',
    'Settings: tell search engines and social networks among the referring pages',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record(
          {
            internalDomains: list(text()),
            database: text(),
            uri: uri,
            referrers: {
              type: 'object',
              additionalProperties: {
                type: 'object',
                additionalProperties: record(
                  { domains: list(text(), { minItems: 1 }), parameters: list(text()) },
                  { required: ['domains'] },
                ),
              },
            },
          },
          { required: ['internalDomains', 'database', 'uri'] },
        ),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'referer_parser',
    '2-0-2',
    'Settings: tell search engines and social networks among the referring pages',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record(
          {
            internalDomains: list(text()),
            database: text(),
            uri: uri,
            referrers: {
              type: 'object',
              additionalProperties: {
                type: 'object',
                additionalProperties: record(
                  {
                    domains: list(text(), { minItems: 1 }),
                    parameters: list(text()),
                    utm_sources: list(text()),
                  },
                  { required: ['domains'] },
                ),
              },
            },
          },
          { required: ['internalDomains', 'database', 'uri'] },
        ),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'ua_parser_config',
    '1-0-0',
    'Settings: read the user agent with ua-parser',
    uaParserConfig,
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'ua_parser_config',
    '1-0-1',
    'Settings: read the user agent with ua-parser',
    record(
      { vendor: text(), name: text(), enabled: flag, parameters: record({ database: text(), uri: uri }) },
      { required: ['name', 'vendor', 'enabled'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'user_agent_utils_config',
    '1-0-0',
    'Settings: read the user agent with user-agent-utils',
    uaParserConfig,
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'currency_conversion_config',
    '1-0-0',
    'Settings: convert prices into one currency',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record(
          {
            apiKey: text(),
            baseCurrency: text(),
            rateAt: { enum: ['EOD_PRIOR'] },
            accountType: text({ enum: ['DEVELOPER', 'ENTERPRISE', 'UNLIMITED'] }),
          },
          { required: 'all' },
        ),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'javascript_script_config',
    '1-0-0',
    'Settings: a script that sees each event',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record({ script: text() }, { required: 'all' }),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'javascript_script_config',
    '1-0-1',
    'Settings: a script that sees each event',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record({ script: text(), config: { type: 'object' } }, { required: ['script'] }),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'cookie_extractor_config',
    '1-0-0',
    'Settings: keep cookies of the request',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record({ cookies: list(text()) }, { required: 'all' }),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow.enrichments',
    'api_request_enrichment_config',
    '1-0-0',
    'Settings: ask an HTTP service about each event',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record(
          {
            inputs: apiInputs,
            api: api,
            outputs: apiOutputs,
            cache: record({ size: integer(1), ttl: integer(0, 86400) }, { required: 'all' }),
          },
          { required: 'all' },
        ),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow.enrichments',
    'api_request_enrichment_config',
    '1-0-1',
    'Settings: ask an HTTP service about each event',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record(
          { inputs: apiInputs, api: api, outputs: apiOutputs, cache: cache },
          { required: 'all' },
        ),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow.enrichments',
    'api_request_enrichment_config',
    '1-0-2',
    'Settings: ask an HTTP service about each event',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record(
          { inputs: apiInputs, api: api, outputs: apiOutputs, cache: cache, ignoreOnError: orNull(flag) },
          { required: ['inputs', 'api', 'outputs', 'cache'] },
        ),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow.enrichments',
    'asn_lookups',
    '1-0-0',
    'Settings: find the network of an address',
    record(
      {
        vendor: text(256),
        name: text(256),
        enabled: flag,
        parameters: record({
          botAsnsFile: record({ uri: uri, database: text() }, { required: 'all' }),
          botAsns: list(record({ asn: integer(0, int32), name: text() }, { required: ['asn'] })),
          bypassPlatforms: list(
            text({ enum: ['web', 'iot', 'app', 'mob', 'pc', 'cnsl', 'tv', 'srv', 'headset'] }),
          ),
        }),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow.enrichments',
    'bot_detection_enrichment_config',
    '1-0-0',
    'Settings: put together what tells bots apart',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record({ useYauaa: flag, useIab: flag, useAsnLookups: flag }, { required: 'all' }),
      },
      { required: 'all' },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow.enrichments',
    'bot_detection_enrichment_config',
    '1-0-1',
    'Settings: put together what tells bots apart',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record(
          { useYauaa: flag, useIab: flag, useAsnLookups: flag, useClientSideDetection: flag },
          { required: 'all' },
        ),
      },
      { required: 'all' },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow.enrichments',
    'cross_navigation_config',
    '1-0-0',
    'Settings: read the user from a link between sites',
    record({ vendor: text(), name: text(), enabled: flag }, { required: 'all' }),
  ),
  schema(
    'com.snowplowanalytics.snowplow.enrichments',
    'http_header_extractor_config',
    '1-0-0',
    'Settings: keep headers of the request',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record({ headersPattern: text() }, { required: 'all' }),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow.enrichments',
    'iab_spiders_and_robots_enrichment',
    '1-0-0',
    'Settings: look for known spiders and robots',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record(
          {
            ipFile: excludedAddresses,
            excludeUseragentFile: record(
              { database: { enum: ['exclude_current.txt'] }, uri: uri },
              { required: 'all', open: true },
            ),
            includeUseragentFile: record(
              { database: { enum: ['include_current.txt'] }, uri: uri },
              { required: 'all', open: true },
            ),
          },
          { required: 'all' },
        ),
      },
      { required: 'all' },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow.enrichments',
    'iab_spiders_and_robots_enrichment',
    '1-0-1',
    'Settings: look for known spiders and robots',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record(
          {
            ipFile: excludedAddresses,
            excludeUseragentFile: record(
              { database: { enum: ['exclude_current.txt'] }, uri: uri },
              { required: 'all', open: true },
            ),
            includeUseragentFile: record(
              { database: { enum: ['include_current.txt'] }, uri: uri },
              { required: 'all', open: true },
            ),
            includeUseragents: list(text()),
            excludeUseragents: list(text()),
          },
          { required: ['ipFile', 'excludeUseragentFile', 'includeUseragentFile'] },
        ),
      },
      { required: 'all' },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow.enrichments',
    'pii_enrichment_config',
    '1-0-0',
    'Settings: replace personal data by hashes',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record(
          {
            pii: list({
              type: 'object',
              properties: {
                pojo: piiFields,
                json: record(
                  {
                    field: text(),
                    schemaCriterion: text({
                      pattern: String.raw`^iglu:([a-zA-Z0-9-_.]+)/([a-zA-Z0-9-_]+)/([a-zA-Z0-9-_]+)/([1-9][0-9]*|\*)-((?:0|[1-9][0-9]*)|\*)-((?:0|[1-9][0-9]*)|\*)$`,
                    }),
                    jsonPath: text({ pattern: String.raw`^\$.*$` }),
                  },
                  { required: 'all' },
                ),
              },
              oneOf: [{ required: ['pojo'] }, { required: ['json'] }],
              additionalProperties: false,
            }),
            strategy: record(
              {
                pseudonymize: record(
                  { hashFunction: { enum: ['MD2', 'MD5', 'SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'] } },
                  { required: 'all' },
                ),
              },
              { required: 'all' },
            ),
          },
          { required: 'all' },
        ),
      },
      { required: 'all' },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow.enrichments',
    'pii_enrichment_config',
    '2-0-0',
    'Settings: replace personal data by hashes',
    record(
      { vendor: text(), name: text(), enabled: flag, emitEvent: flag, parameters: piiStrategy },
      { required: 'all' },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow.enrichments',
    'pii_enrichment_config',
    '2-0-1',
    'Settings: replace personal data by hashes',
    record(
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
  ),
  schema(
    'com.snowplowanalytics.snowplow.enrichments',
    'sql_query_enrichment_config',
    '1-0-0',
    'Settings: ask a database about each event',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record(
          {
            inputs: sqlInputs,
            database: database,
            query: record({ sql: text() }, { required: 'all' }),
            output: sqlOutput,
            cache: cache,
          },
          { required: 'all' },
        ),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow.enrichments',
    'sql_query_enrichment_config',
    '1-0-1',
    'Settings: ask a database about each event',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record(
          {
            inputs: sqlInputs,
            database: database,
            query: record({ sql: text() }, { required: 'all' }),
            output: sqlOutput,
            cache: cache,
            ignoreOnError: orNull(flag),
          },
          { required: ['inputs', 'database', 'query', 'output', 'cache'] },
        ),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow.enrichments',
    'weather_enrichment_config',
    '1-0-0',
    'Settings: ask for the weather at the time and place of an event',
    record(
      {
        vendor: text(),
        name: text(),
        enabled: flag,
        parameters: record(
          {
            apiKey: text(),
            cacheSize: integer(1, 1000000),
            geoPrecision: integer(1, 10),
            apiHost: text(),
            timeout: integer(1),
          },
          { required: 'all' },
        ),
      },
      { required: ['name', 'vendor', 'enabled', 'parameters'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow.enrichments',
    'yauaa_enrichment_config',
    '1-0-0',
    'Settings: read the user agent with YAUAA',
    record(
      { vendor: text(), name: text(), enabled: flag, parameters: record({ cacheSize: integer() }) },
      { required: ['vendor', 'name', 'enabled'] },
    ),
  ),
]
