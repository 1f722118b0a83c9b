import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CollectorPayload, Parameter } from '../event.ts'
import { coreDefaults } from '../options.ts'
import { adapt, adapters } from './registry.ts'
import { samples } from './test-samples.ts'
import { request, schemas } from './test-payloads.ts'

/*
 * Every adapter of the registry with random payloads, with mutated ones and with payloads made to be slow: each gives
 * events or bad rows, throws nothing, and is done in time.
 */

const paths = [...adapters.keys()]

/** Of a payload of any size. The slowest takes a tenth of it on a busy machine. */
const patienceMs = 2000

async function mustAnswer(payload: CollectorPayload): Promise<void> {
  for (const isolateBadElements of [false, true]) {
    const started = performance.now()
    const { events, rows } = await adapt(payload, {
      schemas,
      options: { ...coreDefaults, isolateBadElements },
    })
    const tookMs = performance.now() - started
    const what = `${payload.vendor}/${payload.version}`
    assert.ok(tookMs < patienceMs, `${what} took ${Math.round(tookMs)} ms`)
    assert.ok(events.length + rows.length > 0, `${what} gave nothing`)
    for (const { parameters } of events) {
      for (const name of ['ue_pr', 'co']) {
        const text = parameters.get(name)
        if (typeof text === 'string' && parameters.get('tv')?.startsWith('com.') === true) JSON.parse(text)
      }
    }
    for (const row of rows) {
      assert.ok('messages' in row && row.messages.length > 0, `${what} gave no reason`)
      JSON.stringify(row)
    }
  }
}

const contentTypes = fc.constantFrom(
  null,
  'application/json',
  'Application/JSON; charset=utf-8',
  'application/x-www-form-urlencoded',
  'text/plain',
)

/** Words that adapters look for, so that random payloads get further than their first line. */
const words = fc.constantFrom(
  ...`event type action data items timestamp ts messages signature event-data token operators occurred processed id
  mandrill_events message subscriptionType data[merges][A] data[ ] [ fired_at datetime duration page_id data.json _tags
  t pr1id pr1cd2 il1pi2cd3 cd cd5 cu ev tr __proto__ constructor -_a open click subscribe delivered pageview transaction
  CLOSE incident.trigger 1415709559 1e999999999 -0 9223372036854775807 2015-11-13T16:31:52.393Z (u'x',)`.split(
    /\s+/,
  ),
  '',
)
const names = fc.oneof(words, fc.string({ maxLength: 8 }))
const scalars = fc.oneof(
  words,
  fc.string(),
  fc.double(),
  fc.bigInt().map(String),
  fc.boolean(),
  fc.constant(null),
)
const json = fc
  .letrec<{ value: unknown }>(tie => ({
    value: fc.oneof(
      { maxDepth: 4 },
      scalars,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(names, tie('value'), { maxKeys: 6 }),
    ),
  }))
  .value.map(value => JSON.stringify(value))
const pairs = fc.array(fc.tuple(names, fc.option(fc.oneof(words, json, fc.string()))), { maxLength: 8 })

function formOf(parameters: readonly Parameter[]): string {
  return parameters
    .map(pair => pair.map(text => encodeURIComponent((text ?? '').toWellFormed())).join('='))
    .join('&')
}

const bodies = fc.oneof(
  json,
  pairs.map(formOf),
  fc.string(),
  fc.array(names).map(cells => cells.join('\t')),
)

test('a random payload of any vendor has events or bad rows', async () => {
  const payloads = fc
    .record({
      path: fc.constantFrom(...paths),
      querystring: pairs,
      contentType: contentTypes,
      body: fc.option(bodies),
    })
    .map(({ path, ...changes }) => request(path, changes))
  await fc.assert(fc.asyncProperty(payloads, mustAnswer), { numRuns: 3000 })
})

/** What a bit of a text may become. */
const pieces = fc.oneof(
  fc.string({ maxLength: 6 }),
  words,
  fc.constantFrom('"', '{', '}', '[', ']', '%', '&', '='),
)

const mutations = fc.array(fc.record({ at: fc.nat(), removed: fc.nat(12), piece: pieces }), {
  minLength: 1,
  maxLength: 4,
})

function mutate(text: string, changes: readonly { at: number; removed: number; piece: string }[]): string {
  return changes.reduce((mutated, { at, removed, piece }) => {
    const start = at % (mutated.length + 1)
    return mutated.slice(0, start) + piece + mutated.slice(start + removed)
  }, text)
}

function mutated(sources: readonly CollectorPayload[]): fc.Arbitrary<CollectorPayload> {
  return fc
    .record({
      source: fc.constantFrom(...sources),
      path: fc.option(fc.constantFrom(...paths)),
      changes: mutations,
    })
    .map(({ source, path, changes }) => {
      const { vendor, version } = path === null ? source : request(path)
      const querystring = source.querystring.map(([name, value]): Parameter => [
        name,
        value === null ? null : mutate(value, changes),
      ])
      const body = source.body === null ? null : mutate(source.body, changes)
      return { ...source, vendor, version, querystring, body }
    })
}

test('each vendor has a sample that makes events', async () => {
  for (const [path, sample] of samples) {
    const { events, rows } = await adapt(sample, { schemas })
    assert.ok(events.length > 0, `${path}: ${JSON.stringify(rows)}`)
  }
  assert.deepEqual(
    paths.filter(path => !samples.has(path)),
    [],
  )
})

test('a mutated sample has events or bad rows', async () => {
  await fc.assert(fc.asyncProperty(mutated([...samples.values()]), mustAnswer), { numRuns: 3000 })
})

/** Something else in one object or list of a JSON. */
interface JsonChange {
  readonly at: number
  readonly kind: 'set' | 'replace' | 'drop'
  readonly name: string
  readonly value: unknown
}

const jsonChanges = fc.array(
  fc.record({
    at: fc.nat(),
    kind: fc.constantFrom('set', 'replace', 'drop'),
    name: fc.oneof(words, fc.string({ maxLength: 2 })),
    value: fc.oneof(scalars, fc.constant([]), fc.constant({}), fc.constant({ '': { '-': 1 } })),
  }),
  { minLength: 1, maxLength: 4 },
)

function changeJson(text: string, changes: readonly JsonChange[]): string {
  if (!/^[[{]/.test(text)) return text
  const root: unknown = JSON.parse(text)
  for (const change of changes) {
    const places = objectsIn(root)
    changeAt(places[change.at % places.length], change)
  }
  return JSON.stringify(root)
}

function objectsIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return []
  return [value, ...Object.values(value).flatMap(objectsIn)]
}

function changeAt(place: object | undefined, { at, kind, name, value }: JsonChange): void {
  if (place === undefined) return
  const keys = Object.keys(place)
  const known = keys[at % keys.length] ?? (Array.isArray(place) ? '0' : name)
  const key = kind === 'set' && !Array.isArray(place) ? name : known
  if (kind === 'drop') Reflect.deleteProperty(place, key)
  else
    Object.defineProperty(place, key, {
      value: structuredClone(value),
      enumerable: true,
      configurable: true,
      writable: true,
    })
}

function changeBody(body: string, changes: readonly JsonChange[]): string {
  if (!/^[\w.%-]+=/.test(body)) return changeJson(body, changes)
  const form = [...new URLSearchParams(body)].map(([name, value]): [string, string] => [
    name,
    changeJson(value, changes),
  ])
  const [change] = changes
  if (change?.kind === 'set') form.push([change.name, String(change.value)])
  if (change?.kind === 'replace') form[change.at % form.length] = [change.name, String(change.value)]
  return String(new URLSearchParams(form))
}

test('a sample with something else in its JSON or form has events or bad rows', async () => {
  const sources = [...samples.values()]
  const payloads = fc
    .record({ source: fc.constantFrom(...sources), changes: jsonChanges })
    .map(({ source, changes }) => ({
      ...source,
      querystring: source.querystring.map(([name, value]): Parameter => [
        name,
        value === null ? null : changeJson(value, changes),
      ]),
      body: source.body === null ? null : changeBody(source.body, changes),
    }))
  await fc.assert(fc.asyncProperty(payloads, mustAnswer), { numRuns: 5000 })
})

const golden = join(
  process.env['MILLRACE_SHARED'] ?? resolve(import.meta.dirname, '../../../../shared'),
  'golden/adapters.json',
)
const absent = existsSync(golden) ? false : `${golden} is not here`

test('a mutated payload of Snowplow’s own tests has events or bad rows', { skip: absent }, async () => {
  await fc.assert(fc.asyncProperty(mutated(goldenPayloads()), mustAnswer), { numRuns: 3000 })
})

/** Only what can become a payload: some cases are about helpers. */
function goldenPayloads(): CollectorPayload[] {
  const cases = JSON.parse(readFileSync(golden, 'utf8')) as readonly {
    input: { args?: { payload?: { api?: { vendor: string; version: string } } & CollectorPayload } }
  }[]
  const found = cases.flatMap(({ input: { args } }) => {
    const payload = args?.payload
    if (payload?.api === undefined) return []
    const { api, querystring, contentType, body } = payload
    return [request(`${api.vendor}/${api.version}`, { querystring, contentType, body })]
  })
  assert.ok(found.length > 50)
  return found
}

const size = 100_000

/** Texts on which a careless pattern or a walk per piece would take minutes. */
const slow: readonly (readonly [string, string])[] = [
  ['nested arrays', '['.repeat(size)],
  ['closed arrays', '['.repeat(size / 2) + ']'.repeat(size / 2)],
  [
    'deep JSON in a list',
    `[${'{"a":['.repeat(30)}1${']}'.repeat(30)}${`,{"event":"open","ts":${'1'.repeat(1000)}}`.repeat(200)}]`,
  ],
  ['nested names', `type=subscribe&${'a'.concat('%5Ba%5D'.repeat(size / 7))}=1`],
  [
    'many names',
    `type=subscribe&${Array.from({ length: size / 15 }, (_, n) => `d%5B${n}%5D=${n}`).join('&')}`,
  ],
  ['brackets', `type=subscribe&${encodeURIComponent(']['.repeat(size / 6))}=1`],
  ['digits', `t=item&pr${'1'.repeat(size)}!=1`],
  ['letters', `t=item&pr1${'a'.repeat(size)}!=1`],
  ['numbered things', `t=item&${Array.from({ length: size / 12 }, (_, n) => `pr${n}id=${n}`).join('&')}`],
  ['a long number', `t=transaction&tr=${'1'.repeat(size)}&ts=0.${'5'.repeat(size)}&tt=1e99999999`],
  ['an almost whole number', `t=transaction&tr=${'9'.repeat(size)}.999`],
  ['lines', 't=pageview\n'.repeat(size / 11)],
  ['tabs', '\t'.repeat(size)],
  [
    'a log line',
    `2013-10-07\t23:35:30\tc\t1\ti\t${'a\t'.repeat(3)}${'%25'.repeat(size / 3)}\t${'%'.repeat(size)}\tq`,
  ],
  ['a list of objects', `[${Array.from({ length: size / 20 }, () => '{"event":"open"}').join(',')}]`],
  ['messages', `{"messages":[${Array.from({ length: size / 20 }, () => '{"type":"x"}').join(',')}]}`],
  ['separators', `[{"event":"open","${'-_'.repeat(size / 2)}":1}]`],
  ['spaces', ' '.repeat(size)],
]

for (const [what, text] of slow) {
  test(`no adapter is slow with ${what}`, async () => {
    for (const path of paths) {
      for (const contentType of [null, 'application/json', 'application/x-www-form-urlencoded']) {
        const field = encodeURIComponent(text.slice(0, size / 3))
        for (const body of [text, `data=${field}`, `mandrill_events=${field}`]) {
          await mustAnswer(request(path, { contentType, body }))
        }
      }
      const querystring = ['message', 'u', 'cx', 'datetime', 'schema'].map((name): Parameter => [name, text])
      await mustAnswer(request(path, { querystring }))
    }
  })
}
