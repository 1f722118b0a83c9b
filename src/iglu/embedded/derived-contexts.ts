import type { SelfDescribingSchema } from '../embedded-registry.ts'
import { flag, int32, integer, list, number, orNull, record, schema, text } from './notation.ts'
import { yauaaContexts } from './yauaa-contexts.ts'

const specificationText = text({ minLength: 1, maxLength: 256 })

export const derivedContexts: readonly SelfDescribingSchema[] = [
  schema(
    'com.snowplowanalytics.snowplow',
    'ua_parser_context',
    '1-0-0',
    'What ua-parser reads from the user agent',
    record(
      {
        useragentFamily: text(),
        useragentMajor: orNull(text()),
        useragentMinor: orNull(text()),
        useragentPatch: orNull(text()),
        useragentVersion: text(),
        osFamily: text(),
        osMajor: orNull(text()),
        osMinor: orNull(text()),
        osPatch: orNull(text()),
        osPatchMinor: orNull(text()),
        osVersion: text(),
        deviceFamily: text(),
      },
      { required: ['useragentFamily', 'useragentMajor', 'useragentMinor', 'osFamily', 'deviceFamily'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'pii_transformation',
    '1-0-0',
    'Which personal data were replaced by which hashes',
    record(
      {
        pii: {
          type: 'object',
          properties: {
            pojo: list(
              record(
                {
                  fieldName: {
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
                  originalValue: text(),
                  modifiedValue: text(128),
                },
                { required: 'all' },
              ),
            ),
            json: list(
              record(
                {
                  fieldMapping: record(
                    {
                      fieldName: { enum: ['contexts', 'derived_contexts', 'unstruct_event'] },
                      jsonPath: text(),
                      originalValue: text(),
                      modifiedValue: text(128),
                      schema: text({
                        pattern: String.raw`^iglu:([a-zA-Z0-9-_.]+)/([a-zA-Z0-9-_]+)/([a-zA-Z0-9-_]+)/([1-9][0-9]*|\*)-((?:0|[1-9][0-9]*)|\*)-((?:0|[1-9][0-9]*)|\*)$`,
                      }),
                    },
                    { required: 'all' },
                  ),
                },
                { open: true },
              ),
            ),
          },
          anyOf: [{ required: ['pojo'] }, { required: ['json'] }],
          additionalProperties: false,
        },
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
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'asn',
    '1-0-0',
    'The network that an address belongs to',
    record({ number: integer(0, int32), organization: orNull(text()) }, { required: ['number'] }),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'asn',
    '1-0-1',
    'The network that an address belongs to',
    record(
      { number: integer(0, int32), organization: orNull(text()), likelyBot: flag },
      { required: ['number'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'event_specification',
    '1-0-4',
    'The event specification that the event meets',
    record(
      {
        id: text({ minLength: 1, maxLength: 254 }),
        name: orNull(specificationText),
        data_product_id: orNull(specificationText),
        data_product_name: orNull(specificationText),
        data_product_domain: orNull(specificationText),
        version: orNull(integer(0, int32)),
      },
      { required: ['id'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'event_specification_validation',
    '1-0-0',
    'What of an event does not meet its specification',
    record(
      {
        isValid: flag,
        errors: list(
          record(
            { message: text(), schema: orNull(text()), path: orNull(text()) },
            { required: ['message'], open: true },
          ),
        ),
      },
      { required: ['isValid'], open: true },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'identity',
    '2-0-0',
    'Whose event it is',
    record(
      {
        snowplow_id: text({ maxLength: 29, pattern: '^sp_[A-Za-z2-7]{26}$' }),
        created_at: text({ format: 'date-time' }),
      },
      { required: 'all' },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'utm_referrer',
    '1-0-0',
    'The site that a link says it comes from',
    record(
      { source: text(128), medium: text(64), term: orNull(text(512)) },
      { required: ['source', 'medium'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'bot_detection',
    '1-0-0',
    'Whether the event comes from a bot, and what says so',
    record(
      { bot: flag, indicators: list(text({ enum: ['yauaa', 'iab', 'asnLookups'] })) },
      { required: 'all' },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'bot_detection',
    '1-0-1',
    'Whether the event comes from a bot, and what says so',
    record(
      {
        bot: flag,
        indicators: list(text({ enum: ['yauaa', 'iab', 'asnLookups', 'clientSideDetection'] })),
      },
      { required: 'all' },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'cross_navigation',
    '1-0-0',
    'What a link between sites says about the user',
    record(
      {
        user_id: { type: ['null', 'string'], maxLength: 4096 },
        domain_user_id: text(128),
        session_id: { type: ['null', 'string'], format: 'uuid' },
        timestamp: text({ format: 'date-time' }),
        source_id: { type: ['null', 'string'], maxLength: 4096 },
        source_platform: {
          type: ['null', 'string'],
          enum: ['web', 'mob', 'pc', 'srv', 'app', 'tv', 'cnsl', 'iot', 'headset', null],
        },
        reason: { type: ['null', 'string'], maxLength: 4096 },
      },
      { required: ['domain_user_id', 'timestamp'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'parent_event',
    '1-0-0',
    'The event that this one was made from',
    record({ parentEventId: text({ format: 'uuid' }) }, { required: 'all' }),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'duplicate',
    '1-0-0',
    'Says that another event had the same id',
    record({ originalEventId: text({ format: 'uuid' }) }, { required: 'all' }),
  ),
  schema(
    'com.snowplowanalytics.snowplow',
    'failure',
    '1-0-0',
    'Something that went wrong while an event was processed',
    record(
      {
        failureType: text(),
        errors: list({ type: 'object' }),
        schema: orNull(text()),
        data: orNull({ type: 'object', additionalProperties: true }),
        timestamp: text({ format: 'date-time' }),
        componentName: text(),
        componentVersion: text(),
      },
      { required: ['failureType', 'errors', 'timestamp', 'componentName', 'componentVersion'], open: true },
    ),
  ),
  schema(
    'org.ietf',
    'http_header',
    '1-0-0',
    'A header of the request',
    record({ name: text(4096), value: text(4096) }, { required: 'all' }),
  ),
  schema(
    'org.ietf',
    'http_cookie',
    '1-0-0',
    'A cookie of the request',
    record({ name: text(4096), value: orNull(text(4096)) }, { required: 'all' }),
  ),
  schema(
    'com.iab.snowplow',
    'spiders_and_robots',
    '1-0-0',
    'What the IAB list says about a user agent and its address',
    record(
      {
        spiderOrRobot: flag,
        category: {
          enum: ['SPIDER_OR_ROBOT', 'ACTIVE_SPIDER_OR_ROBOT', 'INACTIVE_SPIDER_OR_ROBOT', 'BROWSER'],
        },
        reason: { enum: ['FAILED_IP_EXCLUDE', 'FAILED_UA_INCLUDE', 'FAILED_UA_EXCLUDE', 'PASSED_ALL'] },
        primaryImpact: {
          enum: ['PAGE_IMPRESSIONS', 'AD_IMPRESSIONS', 'PAGE_AND_AD_IMPRESSIONS', 'UNKNOWN', 'NONE'],
        },
      },
      { required: 'all' },
    ),
  ),
  schema(
    'org.openweathermap',
    'weather',
    '1-0-0',
    'The weather at the time and place of an event',
    record(
      {
        dt: text({ format: 'date-time' }),
        main: record(
          {
            temp_min: number(0),
            pressure: number(0),
            sea_level: number(0),
            grnd_level: number(0),
            humidity: number(0),
            temp: number(0),
            temp_max: number(0),
          },
          { required: ['temp', 'temp_min', 'temp_max', 'pressure', 'humidity'] },
        ),
        rain: record({ '1h': number(0), '3h': number(0) }),
        snow: record({ '1h': number(0), '3h': number(0) }),
        wind: record(
          {
            speed: number(0),
            deg: number(0),
            gust: number(0),
            var_end: integer(0, 32767),
            var_beg: integer(0, 32767),
          },
          { required: ['speed', 'deg'] },
        ),
        clouds: record({ all: integer(0, 32767) }, { required: 'all' }),
        weather: list(
          record(
            {
              main: text(32),
              description: text(128),
              id: integer(0, 32767),
              icon: text({ minLength: 3, maxLength: 3 }),
            },
            { required: ['main', 'description'] },
          ),
        ),
      },
      { required: ['dt', 'main', 'clouds'] },
    ),
  ),
  schema(
    'com.snowplowanalytics.iglu',
    'validation_info',
    '1-0-0',
    'Says that data were held against a later version than the one they name',
    record({ originalSchema: text(), validatedWith: text() }, { required: 'all' }),
  ),
  ...yauaaContexts,
]
