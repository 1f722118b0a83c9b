import { enrichmentKinds } from '../../src/core/enrich/registry.ts'
import type { CoreOptions, CoreOutput } from '../../src/core/index.ts'
import { MillraceError } from '../../src/lib/index.ts'
import { newCore, type CoreParts, type FuzzedCore } from './core.ts'
import { documentsOf, flavours } from './documents.ts'
import { newAssets } from './files.ts'
import * as hostile from './hostile.ts'
import { makePayload } from './payloads.ts'
import { Random } from './random.ts'
import { describe, inTime, recordOf } from './run.ts'
import { cpuMs } from './watched.ts'

/** What became of the hostile configurations. */
export interface Configurations {
  accepted: number
  refused: number
  slowestMs: number
}

export interface Tried {
  readonly accepted: boolean
  /** The configuration, cut. */
  readonly what: string
  readonly bugs: readonly string[]
  readonly ms: number
  readonly outputs: readonly { readonly output: CoreOutput; readonly options: CoreOptions }[]
}

const wordy = [
  'api_request_enrichment_config',
  'sql_query_enrichment_config',
  'javascript_script_config',
  'pii_enrichment_config',
  'http_header_extractor_config',
  'weather_enrichment_config',
]

/**
 * One configuration with something else in it, or a file of one that is broken: it is refused by a MillraceError, or
 * events go through it as through any other.
 */
export async function fuzzConfiguration(seed: number, number: number, parts: CoreParts): Promise<Tried> {
  const random = new Random(seed, number, 2)
  const flavour = random.pick(flavours)
  const names = Object.keys(enrichmentKinds)
  // By turns, and those with most to read once more.
  const name = random.chance(0.5) ? (names[Math.floor(number / 8) % names.length] ?? '') : random.pick(wordy)
  const breaksFile = random.chance(0.25)
  const documents = documentsOf(name, flavour).map(one => (breaksFile ? one : changed(random, one)))
  const assets = newAssets(bytes => (breaksFile ? broken(random, bytes) : bytes))
  const what = JSON.stringify(documents).slice(0, 1500)
  const began = cpuMs()
  let fuzzed: FuzzedCore
  try {
    fuzzed = await inTime(newCore([...neededBy(name), ...documents], flavour, { ...parts, assets }))
  } catch (error) {
    const ms = cpuMs() - began
    const bugs = isRefusal(error) ? [] : [describe(error)]
    return { accepted: false, what, bugs, ms, outputs: [] }
  }
  const startMs = cpuMs() - began
  try {
    const { bugs, outputs, slowestMs } = await events(fuzzed, seed, number)
    return { accepted: true, what, bugs, ms: Math.max(startMs, slowestMs), outputs }
  } finally {
    await fuzzed.close()
  }
}

/** A refusal says what is wrong. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof MillraceError)) return false
  return (error.code === 'config' || error.code === 'asset') && error.message.length > 20
}

/** What comes before an enrichment that lives on others. */
function neededBy(name: string): readonly unknown[] {
  const needed = { weather_enrichment_config: ['ip_lookups'], asn_lookups: ['ip_lookups'] } as Readonly<
    Record<string, string[]>
  >
  return (needed[name] ?? []).flatMap(one => documentsOf(one, 'second'))
}

async function events({ core, options }: FuzzedCore, seed: number, number: number) {
  const bugs: string[] = []
  const outputs: { output: CoreOutput; options: CoreOptions }[] = []
  let slowestMs = 0
  // Even numbers are those of trackers.
  for (const offset of [0, 2, 4]) {
    const record = recordOf(makePayload(seed, (number & ~1) + offset).data, number)
    const began = cpuMs()
    try {
      const made = core.emit(await inTime(core.process(record)), record)
      outputs.push(...made.map(output => ({ output, options })))
    } catch (error) {
      bugs.push(describe(error))
    }
    slowestMs = Math.max(slowestMs, cpuMs() - began)
  }
  return { bugs, outputs, slowestMs }
}

function changed(random: Random, document: unknown): unknown {
  const copy: unknown = structuredClone(document)
  const { data } = copy as { data: object }
  if (random.chance(0.1)) return hostile.changeJson(random, copy)
  for (let left = 1 + random.below(3); left > 0; left--) changeLeaf(random, data)
  return copy
}

/** A value becomes another one of its kind, mostly: what is of another kind is refused by the schema. */
function changeLeaf(random: Random, root: object): void {
  const leaves = leavesOf(root)
  if (leaves.length === 0) return
  const read = leaves.filter(({ key }) => Object.hasOwn(texts, key))
  const { place, key, value } = random.pick(read.length > 0 && random.chance(0.6) ? read : leaves)
  const other = random.chance(0.85) ? alike(random, value, key) : hostile.json(random, 2)
  hostile.define(place, key, other)
}

interface Leaf {
  readonly place: object
  readonly key: string
  readonly value: unknown
}

function leavesOf(place: object): Leaf[] {
  return Object.entries(place).flatMap(([key, value]: [string, unknown]): Leaf[] => {
    const below = typeof value === 'object' && value !== null ? leavesOf(value) : []
    return key === 'enabled' || key === 'schema' ? below : [{ place, key, value }, ...below]
  })
}

function alike(random: Random, value: unknown, key: string): unknown {
  if (typeof value === 'number')
    return random.pick([0, 1, -1, 2, 5, 8, 64, 1e6, 2 ** 31, 2 ** 53, 1e15, 1e300, 0.5, -0])
  if (typeof value === 'boolean') return !value
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value
    return random.pick([
      () => [],
      () => [...list, ...list],
      () => Array.from({ length: 3000 }, () => list[0]),
      () => list.toReversed(),
    ])()
  }
  if (typeof value !== 'string') return hostile.changeJson(random, value)
  const known = Object.hasOwn(texts, key) ? (texts[key] ?? []) : []
  if (known.length > 0 && random.chance(0.6)) return random.pick(known)
  return random.chance(0.5) ? hostile.mutateText(random, value) : hostile.anyText(random)
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

const paths = [
  '$',
  '$..*',
  '$..[*]..[*]..[*]',
  `$${'..a'.repeat(60)}`,
  `$${'..*'.repeat(200)}`,
  '$[?(@.a =~ /(a+)+$/)]',
  '$[?(@..a == @..b && (!(@.a) || @.b > 1))]',
  `$[?${'('.repeat(500)}@.a${')'.repeat(500)}]`,
  '$[-1:0:1]',
  '$[0:999999999]',
  `$[${'0,'.repeat(900)}0]`,
  "$['__proto__']['constructor']",
  '$.length()',
  '$$.a',
  '$.',
]
const uris = [
  'http://%zz:%ff@api.example/',
  'http://me:@api.example/{{user}}',
  'http://{{user}}/',
  '{{user}}',
  'http://api.example/{{user}}/../{{tags}}',
  'https://[::1]:99999/',
  'file:///etc/passwd',
  `http://api.example/${'{{user}}'.repeat(300)}`,
  'http://api.example/{{ user',
  'http://api.example:0/\ud800',
  'file:///fuzz//',
  'file:///fuzz?a#b',
  '',
]

/** What is hostile where something is read of a text, by the name of the member. */
const texts: Readonly<Record<string, readonly string[]>> = {
  jsonPath: paths,
  uri: uris,
  apiHost: ['%zz', '', 'a/b?c#d', 'user:%zz@host', '[', 'host:99999', '\ud800'],
  headersPattern: [
    '(a+)+$',
    '((a{1,100}){1,10}){1,10}',
    '(x{1000}){1000}',
    '(?=a)',
    '(',
    '\\1',
    '[',
    '.{1000}{1000}',
    '(?i)(.*.*)*',
    `${'('.repeat(3000)}a${')'.repeat(3000)}`,
    `${'(a|'.repeat(1500)}b${')'.repeat(1500)}`,
    '\\p{L}*',
    '',
  ],
  sql: [
    '',
    '?'.repeat(100),
    `${'?'.repeat(70_000)}`,
    'SELECT ?',
    `${"'".repeat(20_001)}`,
    `${'/*'.repeat(20_000)}`,
    `${'$a$'.repeat(20_001)}`,
    '-- ?',
    'SELECT ?? ?',
    '\0',
  ],
  database: ['referers.json', 'a,b,,', ',', 'regexes.yaml', 'GeoLite2-City.mmdb', '../../etc/passwd'],
  script: [
    '',
    'for (;;) {}',
    'function process() { for (;;) {} }',
    'function process(event) { return process(event) }',
    'const pieces = []; for (;;) pieces.push("x".repeat(1e6))',
    'function process() { return "x".repeat(2e8) }',
    'function process() { return Array(1e7).fill(1) }',
    'var process = 1',
    'async function process() {}',
    'function* process() {}',
    'throw { toString: null }',
    'import("fs")',
    'class A { #a; constructor() { new A() } } new A()',
    'function process() { const a = {}; a.a = a; return [a] }',
    'function process(e, p) { p.a.push(p); return [{ schema: "iglu:com.acme/any/jsonschema/1-0-0", data: p }] }',
    `function process() { return ${'['.repeat(3000)}${']'.repeat(3000)} }`,
    `${'('.repeat(20_000)}`,
    '/(?:a+)+$/.test("a".repeat(50) + "!")',
    '\ud800',
    'function process() { throw new Proxy({}, { get() { throw 1 } }) }',
  ].map(base64),
  schemaCriterion: [
    'iglu:com.acme/any/jsonschema/*-*-*',
    'iglu:com.acme/any/jsonschema/1-*-*',
    'iglu:*/*/*/*-*-*',
  ],
  baseCurrency: ['USD', 'JPY', 'XXX', 'constructor', '__proto__', 'eur'],
  apiKey: ['', '&a=b', '\ud800', 'x'.repeat(5000), '\n'],
  hashFunction: ['MD2', 'MD5', 'SHA-1', 'SHA-384', 'SHA-512'],
  hashAlgorithm: ['SHA1', 'SHA256', '__proto__', 'constructor'],
  field: [
    'unstruct_event',
    'contexts',
    'derived_contexts',
    'user_id',
    'tr_total',
    'geo_latitude',
    '__proto__',
    'constructor',
  ],
  expectedRows: ['AT_LEAST_ONE', 'EXACTLY_ONE', 'AT_MOST_ONE'],
  propertyNames: ['PASCAL_CASE', 'SNAKE_CASE', 'LOWER_CASE', 'UPPER_CASE', 'AS_IS'],
}

/** A file that broke on its way, or was made by somebody who means it. */
function broken(random: Random, bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes)
  const kind = random.next()
  if (kind < 0.1) return Buffer.alloc(0)
  if (kind < 0.3) return copy.subarray(0, random.below(copy.length))
  if (kind < 0.4)
    return Buffer.from(
      random.pick([
        '[]',
        'null',
        '{',
        '{"search":{"a":null}}',
        '{"search":{"a":{"domains":"x"}}}',
        '['.repeat(50_000),
        '\n'.repeat(50_000),
        'a: &a [*a,*a]',
        '|||||||\n',
        '999.999.999.999/99\n',
      ]),
    )
  for (let left = 1 + random.below(8); left > 0; left--) {
    // Near the end is what describes a database.
    const at = random.chance(0.5)
      ? random.below(copy.length)
      : copy.length - 1 - random.below(Math.min(copy.length, 200))
    copy[at] = random.below(256)
  }
  return copy
}
