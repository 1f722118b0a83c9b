import { adapters } from '../../src/core/adapt/registry.ts'
import { parameterRules } from '../../src/core/enrich/parameters.ts'
import { encodeCollectorPayload, type ThriftPayload } from '../../src/core/index.ts'
import { changeValues, jsonText } from './hostile-json.ts'
import * as hostile from './hostile.ts'
import { originals, type Content } from './originals.ts'
import { Random } from './random.ts'
import { sentSchemas } from './schemas.ts'

/* Records of the raw stream for every adapter, each a function of the seed and its number. */

/** Whose payloads a service makes events of (core.ts). */
export const remotePath = 'com.acme.remote/v1'

/** All that may be asked for. */
export const paths: readonly string[] = [...adapters.keys(), remotePath]

export interface MadePayload {
  readonly path: string
  readonly data: Uint8Array
}

// What a stream takes for a record, and a little more.
const maxBytes = 1_500_000

export function makePayload(seed: number, number: number): MadePayload {
  // By turns, so that also a short run has all of them; and the trackers' most often, for they fill the columns.
  const turn = paths[(number >> 1) % paths.length] ?? ''
  const path = number % 2 === 0 ? 'com.snowplowanalytics.snowplow/tp2' : turn
  for (let attempt = 0; ; attempt++) {
    const random = new Random(seed, number, attempt)
    const data = encodeCollectorPayload(requestTo(path, random))
    if (data.length <= maxBytes) return { path, data: random.chance(0.03) ? mutateBytes(random, data) : data }
  }
}

function requestTo(path: string, random: Random): ThriftPayload {
  return {
    ...envelope(random),
    path: random.chance(0.97) ? `/${path}` : `/${hostile.mutateText(random, path)}`,
    ...content(path, random),
  }
}

function content(path: string, random: Random): Content {
  switch (path) {
    case 'com.snowplowanalytics.snowplow/tp1':
      return { querystring: queryOf(event(random)) }
    case 'com.snowplowanalytics.snowplow/tp2':
      return random.chance(0.95) ? posted(random) : mutated(path, random)
    case 'r/tp2':
      return { querystring: queryOf([['u', hostile.pageUrl(random)], ...event(random)]) }
    case 'com.snowplowanalytics.iglu/v1':
      return random.chance(0.5) ? igluWebhook(random) : mutated(path, random)
    case remotePath:
      return {
        body: jsonText(random, Object.fromEntries(event(random))),
        contentType: 'application/json',
      }
    default:
      return mutated(path, random)
  }
}

function envelope(random: Random): Omit<ThriftPayload, 'path' | 'querystring' | 'body' | 'contentType'> {
  const often = (make: () => string): string | undefined => (random.chance(0.85) ? make() : undefined)
  return {
    ipAddress: hostile.address(random),
    timestamp: random.chance(0.95)
      ? Date.UTC(2024, random.below(12), 1)
      : random.pick([0, -1, 8.64e15, 2 ** 62]),
    encoding: random.chance(0.95)
      ? 'UTF-8'
      : random.pick(['', 'ISO-8859-1', 'utf-16', 'x-none', hostile.anyText(random)]),
    collector: random.chance(0.95) ? 'ssc-3.2.0-kinesis' : hostile.anyText(random),
    userAgent: often(() => hostile.userAgent(random)),
    refererUri: often(() => hostile.pageUrl(random)),
    headers: hostile.headers(random),
    hostname: often(() => 'collector.example'),
    networkUserId: often(() => hostile.uuid(random)),
  }
}

type Pair = readonly [name: string, value: string]

/** What each parameter of the tracker protocol is sent as; all others as anything. */
const makers: Readonly<Record<string, (random: Random) => string>> = {
  ip: hostile.address,
  ua: hostile.userAgent,
  url: hostile.pageUrl,
  refr: hostile.referer,
  eid: hostile.uuid,
  sid: hostile.uuid,
  dtm: hostile.time,
  stm: hostile.time,
  ttm: hostile.time,
  tr_cu: hostile.currency,
  ti_cu: hostile.currency,
  tr_tt: hostile.amount,
  tr_tx: hostile.amount,
  tr_sh: hostile.amount,
  ti_pr: hostile.amount,
  se_va: hostile.amount,
  res: hostile.size,
  vp: hostile.size,
  ds: hostile.size,
}
const makerOf = (name: string) => (Object.hasOwn(makers, name) ? makers[name] : undefined) ?? hostile.anyText
const names = [...parameterRules['3.9'].keys(), '__proto__', 'zzz'].filter(
  name => !/^(e|p|tv|co|cx|ue_p[rx]|ua|ip|url|refr)$/.test(name),
)

/** A tracker's event. Most are good enough to be enriched. */
function event(random: Random): Pair[] {
  const kind = random.pick(['pv', 'pv', 'pp', 'ue', 'ue', 'tr', 'ti', 'se'])
  const most = ['ua', 'ip', 'url', 'refr', ...moneyOf(kind)].filter(() => random.chance(0.8))
  const few = random.chance(0.4) ? random.list(3, () => random.pick(names)) : []
  const pairs = [...new Set([...most, ...few])].map((name): Pair => [name, makerOf(name)(random)])
  const jsons = [...contextsOf(random), ...(kind === 'ue' ? [unstruct(random)] : [])]
  return [
    ['e', kind],
    ['p', random.chance(0.97) ? random.pick(['web', 'mob', 'srv']) : 'headset'],
    ['tv', 't'],
    ['uid', userOf(random)],
    ...pairs,
    ...jsons,
  ]
}

function moneyOf(kind: string): readonly string[] {
  if (kind === 'tr') return ['tr_cu', 'tr_tt', 'tr_tx']
  return kind === 'ti' ? ['ti_cu', 'ti_pr'] : []
}

/** The script does for some of them what a script can do (script.ts). */
function userOf(random: Random): string {
  return random.chance(0.5) ? `user-${random.below(500)}` : `script ${random.below(1_000_000)}`
}

const wrapped = (name: string, data: unknown) => ({
  schema: `iglu:com.snowplowanalytics.snowplow/${name}/jsonschema/1-0-${name === 'contexts' ? 1 : 0}`,
  data,
})

function selfDescribing(random: Random): unknown {
  const [schema, make] = random.pick(sentSchemas)
  return { schema, data: make(random) }
}

function contextsOf(random: Random): Pair[] {
  if (random.chance(0.3)) return []
  const list = Array.from({ length: 1 + random.below(3) }, () => selfDescribing(random))
  return [encoded('co', 'cx', jsonText(random, wrapped('contexts', list)), random)]
}

function unstruct(random: Random): Pair {
  return encoded(
    'ue_pr',
    'ue_px',
    jsonText(random, wrapped('unstruct_event', selfDescribing(random))),
    random,
  )
}

function encoded(plain: string, base64: string, text: string, random: Random): Pair {
  return random.chance(0.5) ? [plain, text] : [base64, Buffer.from(text).toString('base64url')]
}

function queryOf(pairs: readonly Pair[]): string {
  return pairs.map(pair => pair.map(hostile.encodeLoosely).join('=')).join('&')
}

const payloadData = 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4'

function posted(random: Random): Content {
  const events = Array.from({ length: random.pick([1, 1, 1, 1, 2, 3]) }, () => event(random))
  const body = JSON.stringify({ schema: payloadData, data: events.map(pairs => Object.fromEntries(pairs)) })
  const query = random.chance(0.1) ? queryOf(event(random).slice(0, 4)) : undefined
  return {
    body: random.chance(0.97) ? body : hostile.mutateText(random, body),
    contentType: random.chance(0.97) ? 'application/json; charset=utf-8' : hostile.anyText(random),
    querystring: query,
  }
}

function igluWebhook(random: Random): Content {
  const [schema, make] = random.pick(sentSchemas)
  const body = jsonText(random, make(random))
  const querystring = queryOf([
    ['schema', schema],
    ['p', 'web'],
    ['a', hostile.anyText(random)],
  ])
  return { querystring, body, contentType: 'application/json' }
}

/** One that is known, now and then as it is. */
function mutated(path: string, random: Random): Content {
  const known = originals.get(path) ?? []
  // Of this one it is known that it makes events.
  const [good] = known
  if (good === undefined) throw new Error(`there is no sample of ${path} in test-samples.ts`)
  const { querystring = '', body, contentType } = random.chance(0.5) ? good : random.pick(known)
  const about = random.chance(0.4)
    ? queryOf(event(random).filter(([name]) => !/^(e|co|cx|ue_)/.test(name)))
    : ''
  if (random.chance(0.3)) return { querystring: joined(querystring, about), body, contentType }
  const change = (text: string): string =>
    random.chance(0.6) ? changeValues(random, text) : hostile.mutateText(random, text)
  return {
    querystring: joined(querystring === '' ? '' : change(querystring), about),
    body: body === undefined ? undefined : change(body),
    contentType: random.chance(0.95)
      ? contentType
      : random.pick([undefined, 'text/plain', hostile.anyText(random)]),
  }
}

function joined(...parts: readonly string[]): string | undefined {
  const there = parts.filter(part => part !== '')
  return there.length === 0 ? undefined : there.join('&')
}

function mutateBytes(random: Random, bytes: Uint8Array): Uint8Array {
  let changed = Buffer.from(bytes)
  for (let left = 1 + random.below(4); left > 0; left--) {
    const at = random.below(changed.length + 1)
    const middle = Buffer.alloc(random.below(3), random.below(256))
    changed = Buffer.concat([changed.subarray(0, at), middle, changed.subarray(at + random.below(4))])
  }
  return changed
}
