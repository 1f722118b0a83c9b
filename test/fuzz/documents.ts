import { enrichmentKinds } from '../../src/core/enrich/registry.ts'
import { fileAt } from './files.ts'
import { script, secondScript } from './script.ts'

/*
 * A configuration of every enrichment, by the name of its schema. `second`: another one, for the other half of a run.
 */

type Parameters = Readonly<Record<string, unknown>>

interface Configured {
  readonly version: string
  readonly parameters?: Parameters
  /** Beside the parameters. */
  readonly more?: Parameters
}

export interface EnrichmentCase {
  readonly first: Configured
  readonly second?: Configured
  /** Further ones at the same time, where there may be several. */
  readonly also?: readonly Configured[]
}

const fromUser = (json: string) => ({
  field: 'contexts',
  schemaCriterion: 'iglu:com.acme/user/jsonschema/1-*-*',
  jsonPath: json,
})
const encoded = (text: string): string => Buffer.from(text).toString('base64')

const campaigns = {
  mktMedium: ['utm_medium', 'medium'],
  mktSource: ['utm_source', 'source'],
  mktTerm: ['utm_term', '__proto__'],
  mktContent: ['utm_content'],
  mktCampaign: ['utm_campaign'],
}

const iabFiles = {
  ipFile: fileAt('ip_exclude_current_cidr.txt'),
  includeUseragentFile: fileAt('include_current.txt'),
  excludeUseragentFile: fileAt('exclude_current.txt'),
}

const scalarFields = [
  'user_id',
  'user_ipaddress',
  'domain_userid',
  'network_userid',
  'mkt_term',
  'se_label',
  'refr_domain_userid',
]
const pojos = scalarFields.map(field => ({ pojo: { field } }))
const inJson = (field: string, criterion: string, jsonPath: string) => ({
  json: { field, schemaCriterion: `iglu:${criterion}/jsonschema/*-*-*`, jsonPath },
})

function api(method: string, uri: string): Parameters {
  return {
    inputs: [
      { key: 'user', pojo: { field: 'user_id' } },
      {
        key: 'tags',
        json: {
          ...fromUser('$..a'),
          field: 'derived_contexts',
          schemaCriterion: 'iglu:com.acme/user/jsonschema/*-*-*',
        },
      },
      { key: 'tags', json: fromUser('$.tags') },
      { key: 'tags', pojo: { field: 'app_id' } },
    ],
    api: {
      http: {
        method,
        uri,
        timeout: 100,
        authentication: { httpBasic: { username: 'me', password: 'secret' } },
      },
    },
    outputs: [
      { schema: 'iglu:com.acme/user/jsonschema/1-0-0', json: { jsonPath: '$.record' } },
      { schema: 'iglu:com.acme/any/jsonschema/1-0-0', json: { jsonPath: '$..userId' } },
    ],
    cache: { size: 50, ttl: 60 },
    ignoreOnError: method === 'POST',
  }
}

const connection = {
  host: '127.0.0.1',
  port: 1,
  sslMode: false,
  username: 'millrace',
  password: 'secret',
  database: 'd',
}

function sql(database: Parameters, output: Parameters): Parameters {
  return {
    inputs: [
      { placeholder: 1, pojo: { field: 'user_id' } },
      { placeholder: 2, json: fromUser('$.userId') },
      { placeholder: 2, pojo: { field: 'event' } },
    ],
    database,
    query: { sql: "SELECT * FROM users WHERE name = ? AND note <> '?' AND kind = ? -- ?" },
    output: { ...output, json: { schema: 'iglu:com.acme/any/jsonschema/1-0-0', ...Object(output.json) } },
    cache: { size: 50, ttl: 60 },
    ignoreOnError: database.mysql !== undefined,
  }
}

/** `user_agent_utils_config` is not offered: its configuration is refused, which is all there is to fuzz. */
export const refusedKinds: ReadonlySet<string> = new Set(['user_agent_utils_config'])

export const cases: Readonly<Record<string, EnrichmentCase>> = {
  anon_ip: {
    first: { version: '1-0-1', parameters: { anonOctets: 1, anonSegments: 3 } },
    second: { version: '1-0-0', parameters: { anonOctets: 4 } },
  },
  api_request_enrichment_config: {
    first: { version: '1-0-2', parameters: api('GET', 'http://api.example/users/{{user}}?t={{ tags }}') },
    second: { version: '1-0-2', parameters: api('POST', 'http://api.example/{{tags}}') },
  },
  asn_lookups: {
    first: {
      version: '1-0-0',
      parameters: { botAsnsFile: fileAt('bot-asns.csv'), bypassPlatforms: ['srv'] },
    },
    second: { version: '1-0-0', parameters: { botAsns: [{ asn: 64512 }, { asn: 64500, name: 'x' }] } },
  },
  bot_detection_enrichment_config: {
    first: {
      version: '1-0-1',
      parameters: { useYauaa: true, useIab: true, useAsnLookups: true, useClientSideDetection: true },
    },
    second: { version: '1-0-0', parameters: { useYauaa: true, useIab: false, useAsnLookups: true } },
  },
  campaign_attribution: {
    first: {
      version: '1-0-1',
      parameters: {
        mapping: 'static',
        fields: { ...campaigns, mktClickId: { gclid: 'G', constructor: 'c' } },
      },
    },
    second: { version: '1-0-0', parameters: { fields: campaigns } },
  },
  cookie_extractor_config: {
    first: { version: '1-0-0', parameters: { cookies: ['sp', 'sid', '__proto__', ''] } },
  },
  cross_navigation_config: { first: { version: '1-0-0' } },
  currency_conversion_config: {
    first: {
      version: '1-0-0',
      parameters: { accountType: 'DEVELOPER', apiKey: 'k', baseCurrency: 'EUR', rateAt: 'EOD_PRIOR' },
    },
    second: {
      version: '1-0-0',
      parameters: { accountType: 'UNLIMITED', apiKey: 'k&', baseCurrency: 'KWD', rateAt: 'EOD_PRIOR' },
    },
  },
  event_fingerprint_config: {
    first: { version: '1-0-1', parameters: { excludeParameters: ['stm', 'eid'], hashAlgorithm: 'SHA512' } },
    second: { version: '1-0-0', parameters: { excludeParameters: [], hashAlgorithm: 'MD5' } },
  },
  http_header_extractor_config: {
    first: { version: '1-0-0', parameters: { headersPattern: '(?i)x-(.*a*)*|referer|sec-.*' } },
    second: { version: '1-0-0', parameters: { headersPattern: '.*' } },
  },
  iab_spiders_and_robots_enrichment: {
    first: {
      version: '1-0-1',
      parameters: { ...iabFiles, includeUseragents: ['HbbTV'], excludeUseragents: ['', 'headless'] },
    },
    second: { version: '1-0-0', parameters: iabFiles },
  },
  ip_lookups: {
    first: {
      version: '2-0-0',
      parameters: {
        geo: fileAt('GeoLite2-City.mmdb'),
        isp: fileAt('GeoIP2-ISP.mmdb'),
        domain: fileAt('GeoIP2-Domain.mmdb'),
        connectionType: fileAt('GeoIP2-Connection-Type.mmdb'),
      },
    },
    second: {
      version: '2-0-1',
      parameters: { geo: fileAt('GeoLite2-City.mmdb'), asn: fileAt('GeoLite2-ASN.mmdb') },
    },
  },
  javascript_script_config: {
    first: { version: '1-0-1', parameters: { script: encoded(script), config: { __proto__: null, a: [1] } } },
    also: [{ version: '1-0-0', parameters: { script: encoded(secondScript) } }],
  },
  pii_enrichment_config: {
    first: {
      version: '2-0-1',
      more: { emitEvent: true, anonymousOnly: false },
      parameters: {
        pii: [
          ...pojos,
          inJson('contexts', 'com.acme/user', '$.userId'),
          inJson('contexts', 'com.acme.other/thing', "$['email','ip']"),
          inJson('contexts', 'com.acme/any', '$..*'),
          inJson('unstruct_event', 'com.acme/user', '$.tags[?(@.a == 1)]'),
          inJson('unstruct_event', 'com.acme/recursive', '$..a'),
          inJson('derived_contexts', 'com.acme/user', '$.*'),
          inJson('derived_contexts', 'org.ietf/http_cookie', '$.value'),
        ],
        strategy: { pseudonymize: { hashFunction: 'SHA-256', salt: 's' } },
      },
    },
    second: {
      version: '2-0-0',
      more: { emitEvent: true },
      parameters: {
        pii: [
          ...pojos,
          inJson('contexts', 'com.acme/user', '$..a'),
          inJson('unstruct_event', 'com.acme/any', '$'),
        ],
        strategy: { pseudonymize: { hashFunction: 'MD2', salt: '\ud800' } },
      },
    },
  },
  referer_parser: {
    first: {
      version: '2-0-0',
      parameters: { ...fileAt('referers.json'), internalDomains: ['shop.example'] },
    },
  },
  sql_query_enrichment_config: {
    first: {
      version: '1-0-1',
      parameters: sql(
        { postgresql: connection },
        { expectedRows: 'AT_LEAST_ZERO', json: { describes: 'ALL_ROWS', propertyNames: 'CAMEL_CASE' } },
      ),
    },
    second: {
      version: '1-0-1',
      parameters: sql(
        { mysql: connection },
        { expectedRows: 'AT_MOST_ONE', json: { describes: 'EVERY_ROW', propertyNames: 'SNAKE_CASE' } },
      ),
    },
  },
  ua_parser_config: {
    first: { version: '1-0-1', parameters: {} },
    second: { version: '1-0-1', parameters: fileAt('regexes.yaml') },
  },
  user_agent_utils_config: { first: { version: '1-0-0', parameters: {} } },
  weather_enrichment_config: {
    first: {
      version: '1-0-0',
      parameters: { apiKey: 'k', cacheSize: 10, geoPrecision: 2, apiHost: 'weather.example', timeout: 1 },
    },
  },
  yauaa_enrichment_config: { first: { version: '1-0-0', parameters: { cacheSize: 50 } } },
}

export const flavours = ['first', 'second'] as const
export type Flavour = (typeof flavours)[number]

/** The configurations of one enrichment as people write them down. */
export function documentsOf(name: string, flavour: Flavour): readonly unknown[] {
  const one = cases[name]
  if (one === undefined) throw new Error(`there is no configuration of ${name} in test/fuzz/documents.ts`)
  const [, vendor = ''] = /^iglu:([^/]+)/.exec(enrichmentKinds[name]?.criterion ?? '') ?? []
  return [one[flavour] ?? one.first, ...(one.also ?? [])].map(({ version, parameters, more }) => ({
    schema: `iglu:${vendor}/${name}/jsonschema/${version}`,
    data: { vendor, name, enabled: true, ...more, ...(parameters !== undefined && { parameters }) },
  }))
}
