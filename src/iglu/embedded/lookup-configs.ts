import type { SelfDescribingSchema } from '../embedded-registry.ts'
import { flag, integer, list, orNull, record, text, versions } from './notation.ts'
import { criterionPattern, settings } from './settings.ts'

const schemaPattern =
  '^iglu:([a-zA-Z0-9-_.]+)/([a-zA-Z0-9-_]+)/([a-zA-Z0-9-_]+)/([1-9][0-9]*(?:-(?:0|[1-9][0-9]*)){2})$'

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
        pattern: schemaPattern,
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

const apiRequest = { inputs: apiInputs, api, outputs: apiOutputs, cache }

const sqlInputs = list({
  type: 'object',
  properties: {
    placeholder: integer(1, 64),
    pojo: record({ field: text() }, { required: 'all' }),
    json: record(
      {
        field: text({ enum: ['unstruct_event', 'contexts', 'derived_contexts'] }),
        schemaCriterion: text({
          pattern: criterionPattern,
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
    record({ postgresql }, { required: 'all' }),
    record({ mysql: postgresql }, { required: 'all', open: true }),
  ],
  additionalProperties: true,
}

const sqlOutput = record({
  expectedRows: text({ enum: ['AT_LEAST_ONE', 'AT_LEAST_ZERO', 'AT_MOST_ONE', 'EXACTLY_ONE'] }),
  json: record(
    {
      schema: text({
        pattern: schemaPattern,
      }),
      propertyNames: text({
        enum: ['AS_IS', 'CAMEL_CASE', 'PASCAL_CASE', 'SNAKE_CASE', 'LOWER_CASE', 'UPPER_CASE'],
      }),
      describes: text({ enum: ['ALL_ROWS', 'EVERY_ROW'] }),
    },
    { required: 'all' },
  ),
})

const sqlQuery = {
  inputs: sqlInputs,
  database,
  query: record({ sql: text() }, { required: 'all' }),
  output: sqlOutput,
  cache,
}

/** Of enrichments that ask a service or a database. */
export const lookupConfigs: readonly SelfDescribingSchema[] = [
  ...versions(
    'com.snowplowanalytics.snowplow',
    'currency_conversion_config',
    'Settings: convert prices into one currency',
    {
      '1-0-0': settings(
        record(
          {
            apiKey: text(),
            baseCurrency: text(),
            rateAt: { enum: ['EOD_PRIOR'] },
            accountType: text({ enum: ['DEVELOPER', 'ENTERPRISE', 'UNLIMITED'] }),
          },
          { required: 'all' },
        ),
      ),
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow.enrichments',
    'api_request_enrichment_config',
    'Settings: ask an HTTP service about each event',
    {
      '1-0-0': settings(
        record(
          { ...apiRequest, cache: record({ size: integer(1), ttl: integer(0, 86400) }, { required: 'all' }) },
          { required: 'all' },
        ),
      ),
      '1-0-1': settings(record(apiRequest, { required: 'all' })),
      '1-0-2': settings(
        record({ ...apiRequest, ignoreOnError: orNull(flag) }, { required: Object.keys(apiRequest) }),
      ),
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow.enrichments',
    'sql_query_enrichment_config',
    'Settings: ask a database about each event',
    {
      '1-0-0': settings(record(sqlQuery, { required: 'all' })),
      '1-0-1': settings(
        record({ ...sqlQuery, ignoreOnError: orNull(flag) }, { required: Object.keys(sqlQuery) }),
      ),
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow.enrichments',
    'weather_enrichment_config',
    'Settings: ask for the weather at the time and place of an event',
    {
      '1-0-0': settings(
        record(
          {
            apiKey: text(),
            cacheSize: integer(1, 1000000),
            geoPrecision: integer(1, 10),
            apiHost: text(),
            timeout: integer(1),
          },
          { required: 'all' },
        ),
      ),
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow.enrichments',
    'yauaa_enrichment_config',
    'Settings: read the user agent with YAUAA',
    {
      '1-0-0': settings(record({ cacheSize: integer() }), { required: ['vendor', 'name', 'enabled'] }),
    },
  ),
]
