import {
  EmbeddedRegistry,
  newEmbeddedRegistry,
  type Registry,
  type RegistryAnswer,
  type SchemaKey,
  SchemaResolver,
} from '../../src/iglu/index.ts'
import { systemClock } from '../../src/lib/index.ts'
import { json, scalar } from './hostile-json.ts'
import { address, anyText } from './hostile.ts'
import type { Random } from './random.ts'

/* The schemas of a run: those that come with the program, some made to be slow, and for all other vendors a lax one. */

const self = { $ref: '#' }
const inField = { properties: { a: self } }

function doubling(levels: number): unknown {
  const definitions = Array.from({ length: levels }, (_, level) => {
    const next = { $ref: `#/definitions/d${level + 1}` }
    return [`d${level}`, level === levels - 1 ? {} : { allOf: [next, { properties: { a: next } }] }]
  })
  return { $ref: '#/definitions/d0', definitions: Object.fromEntries(definitions) }
}

/** By their names; all of com.acme. */
const rules: Readonly<Record<string, object>> = {
  user: { type: 'object', additionalProperties: true },
  any: {},
  list: { type: 'array' },
  recursive: {
    type: 'object',
    additionalProperties: { anyOf: [self, { type: 'string' }, { type: 'number' }, {}] },
  },
  twice: { oneOf: [inField, inField, { type: 'object' }] },
  all: { allOf: [inField, inField, { type: 'object' }] },
  doubling: Object(doubling(20)),
  patterns: {
    patternProperties: {
      '^(a+)+$': { type: 'string' },
      '^(?=.*a)(.*)*$': {},
      '(x+x+)+y': { type: 'number' },
    },
    additionalProperties: { pattern: '^(([a-z])+.)+[A-Z]([a-z])+$' },
  },
  states: { additionalProperties: { not: { pattern: '^(a?b?){200}(b?a?){200}x$' } } },
  formats: {
    properties: {
      a: { format: 'date-time' },
      b: { format: 'uri' },
      c: { format: 'ipv6' },
      id: { format: 'email' },
      data: { format: 'idn-hostname' },
    },
  },
  narrow: { properties: { a: { maxLength: 3, maximum: 1, enum: ['x', null, { a: 1 }], uniqueItems: true } } },
  elsewhere: { $ref: 'http://127.0.0.1:1/' },
  broken: { type: 'nothing', properties: [] },
  endless: { $ref: '#' },
}

const uriOf = (name: string): string => `iglu:com.acme/${name}/jsonschema/1-0-0`

type SentSchema = readonly [uri: string, make: (random: Random) => unknown]

const nested = (random: Random): unknown => {
  let data: unknown = scalar(random)
  for (let level = random.below(38); level > 0; level--)
    data = random.chance(0.8) ? { a: data } : [data, data]
  return data
}

const ownSchemas = Object.keys(rules).map((name): SentSchema => [
  uriOf(name),
  random => (random.chance(0.5) ? objectOf(random) : nested(random)),
])

function objectOf(random: Random): unknown {
  const members = ['userId', 'a', 'b', 'tags'].map(
    name => [name, random.chance(0.5) ? scalar(random) : json(random, 2)] as const,
  )
  return Object.fromEntries(members)
}

const snowplow = (name: string, version: string): string =>
  `iglu:com.snowplowanalytics.snowplow/${name}/jsonschema/${version}`

/** What trackers of a run send, in contexts and as events. The good ones oftener, for those are enriched. */
export const sentSchemas: readonly SentSchema[] = [
  ...ownSchemas,
  ...Array.from({ length: 14 }, (): SentSchema => [uriOf('user'), objectOf]),
  [snowplow('web_page', '1-0-0'), random => ({ id: anyText(random) })],
  [snowplow('link_click', '1-0-1'), random => ({ targetUrl: anyText(random) })],
  [snowplow('client_side_bot_detection', '1-0-0'), random => ({ bot: random.chance(0.5), kind: null })],
  ['iglu:com.acme.other/thing/jsonschema/1-0-0', random => ({ email: anyText(random), ip: address(random) })],
  ['iglu:com.nowhere/missing/jsonschema/1-0-0', random => json(random)],
  ['iglu:__proto__/constructor/jsonschema/1-0-0', random => json(random)],
]

/** For vendors whose schemas do not come with the program: anything fits. */
class LaxRegistry implements Registry {
  readonly name = 'lax'
  readonly classPriority = 100
  readonly priority = 0
  readonly vendorPrefixes: readonly string[] = []

  lookup({ vendor, name, version }: SchemaKey): RegistryAnswer {
    if (vendor === 'com.nowhere') return { kind: 'notFound' }
    return { kind: 'found', schema: { self: { vendor, name, format: 'jsonschema', version } } }
  }
}

export function newSchemas(): SchemaResolver {
  const own = new Map(Object.entries(rules).map(([name, rule]) => [uriOf(name), rule]))
  const registries = [newEmbeddedRegistry(), new EmbeddedRegistry({ name: 'acme' }, own), new LaxRegistry()]
  return new SchemaResolver({ registries, clock: systemClock, cacheSize: 2000 })
}
