import type { SelfDescribingSchema } from '../embedded-registry.ts'
import { integer, list, number, orNull, record, text, uri, versions } from './notation.ts'

const connection = {
  properties: { embedded: record({ path: text() }, { required: 'all' }) },
  required: ['embedded'],
  additionalProperties: false,
}

const connectionWithKey = {
  type: 'object',
  oneOf: [
    connection,
    {
      properties: { http: record({ uri: uri, apikey: orNull(text()) }, { required: ['uri'] }) },
      required: ['http'],
      additionalProperties: false,
    },
  ],
}

const repositories = list(
  record(
    { name: text(), priority: number(), vendorPrefixes: list(text()), connection: connectionWithKey },
    { required: 'all' },
  ),
)

export const resolverConfigs: readonly SelfDescribingSchema[] = [
  ...versions('com.snowplowanalytics.iglu', 'resolver-config', 'Which registries to ask for schemas', {
    '1-0-0': record(
      {
        cacheSize: integer(0),
        repositories: list(
          record(
            {
              name: text(),
              priority: integer(),
              vendorPrefixes: list(text()),
              connection: {
                type: 'object',
                oneOf: [
                  connection,
                  {
                    properties: { http: record({ uri: uri }, { required: 'all' }) },
                    required: ['http'],
                    additionalProperties: false,
                  },
                ],
              },
            },
            { required: 'all' },
          ),
        ),
      },
      { required: 'all' },
    ),
    '1-0-1': record(
      {
        cacheSize: integer(0),
        repositories: list(
          record(
            {
              name: text(),
              priority: integer(),
              vendorPrefixes: list(text()),
              connection: connectionWithKey,
            },
            { required: 'all' },
          ),
        ),
      },
      { required: 'all' },
    ),
    '1-0-2': record(
      { cacheSize: number(), cacheTtl: orNull(integer(1)), repositories: repositories },
      { required: ['cacheSize', 'repositories'] },
    ),
    '1-0-3': record(
      { cacheSize: number(), cacheTtl: orNull(integer(0)), repositories: repositories },
      { required: ['cacheSize', 'repositories'] },
    ),
  }),
]
