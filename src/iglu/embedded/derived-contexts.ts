import type { SelfDescribingSchema } from '../embedded-registry.ts'
import { flag, int32, integer, list, number, orNull, record, text, versions } from './notation.ts'
import { piiColumns } from './settings.ts'
import { yauaaContexts } from './yauaa-contexts.ts'

const specificationText = text({ minLength: 1, maxLength: 256 })

export const derivedContexts: readonly SelfDescribingSchema[] = [
  ...versions(
    'com.snowplowanalytics.snowplow',
    'ua_parser_context',
    'What ua-parser reads from the user agent',
    {
      '1-0-0': record(
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
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'pii_transformation',
    'Which personal data were replaced by which hashes',
    {
      '1-0-0': record(
        {
          pii: {
            type: 'object',
            properties: {
              pojo: list(
                record(
                  {
                    fieldName: {
                      enum: piiColumns,
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
    },
  ),
  ...versions('com.snowplowanalytics.snowplow', 'asn', 'The network that an address belongs to', {
    '1-0-0': record({ number: integer(0, int32), organization: orNull(text()) }, { required: ['number'] }),
    '1-0-1': record(
      { number: integer(0, int32), organization: orNull(text()), likelyBot: flag },
      { required: ['number'] },
    ),
  }),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'event_specification',
    'The event specification that the event meets',
    {
      '1-0-4': record(
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
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'event_specification_validation',
    'What of an event does not meet its specification',
    {
      '1-0-0': record(
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
    },
  ),
  ...versions('com.snowplowanalytics.snowplow', 'identity', 'Whose event it is', {
    '2-0-0': record(
      {
        snowplow_id: text({ maxLength: 29, pattern: '^sp_[A-Za-z2-7]{26}$' }),
        created_at: text({ format: 'date-time' }),
      },
      { required: 'all' },
    ),
  }),
  ...versions('com.snowplowanalytics.snowplow', 'utm_referrer', 'The site that a link says it comes from', {
    '1-0-0': record(
      { source: text(128), medium: text(64), term: orNull(text(512)) },
      { required: ['source', 'medium'] },
    ),
  }),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'bot_detection',
    'Whether the event comes from a bot, and what says so',
    {
      '1-0-0': record(
        { bot: flag, indicators: list(text({ enum: ['yauaa', 'iab', 'asnLookups'] })) },
        { required: 'all' },
      ),
      '1-0-1': record(
        {
          bot: flag,
          indicators: list(text({ enum: ['yauaa', 'iab', 'asnLookups', 'clientSideDetection'] })),
        },
        { required: 'all' },
      ),
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'cross_navigation',
    'What a link between sites says about the user',
    {
      '1-0-0': record(
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
    },
  ),
  ...versions('com.snowplowanalytics.snowplow', 'parent_event', 'The event that this one was made from', {
    '1-0-0': record({ parentEventId: text({ format: 'uuid' }) }, { required: 'all' }),
  }),
  ...versions('com.snowplowanalytics.snowplow', 'duplicate', 'Says that another event had the same id', {
    '1-0-0': record({ originalEventId: text({ format: 'uuid' }) }, { required: 'all' }),
  }),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'failure',
    'Something that went wrong while an event was processed',
    {
      '1-0-0': record(
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
    },
  ),
  ...versions('org.ietf', 'http_header', 'A header of the request', {
    '1-0-0': record({ name: text(4096), value: text(4096) }, { required: 'all' }),
  }),
  ...versions('org.ietf', 'http_cookie', 'A cookie of the request', {
    '1-0-0': record({ name: text(4096), value: orNull(text(4096)) }, { required: 'all' }),
  }),
  ...versions(
    'com.iab.snowplow',
    'spiders_and_robots',
    'What the IAB list says about a user agent and its address',
    {
      '1-0-0': record(
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
    },
  ),
  ...versions('org.openweathermap', 'weather', 'The weather at the time and place of an event', {
    '1-0-0': record(
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
  }),
  ...versions(
    'com.snowplowanalytics.iglu',
    'validation_info',
    'Says that data were held against a later version than the one they name',
    {
      '1-0-0': record({ originalSchema: text(), validatedWith: text() }, { required: 'all' }),
    },
  ),
  ...yauaaContexts,
]
