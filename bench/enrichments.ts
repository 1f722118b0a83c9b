import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { RawRecord } from '../src/core/index.ts'
import { testValue, type TestValue } from '../src/core/mmdb/test-database.ts'
import { enrichAll, newCore, rate, recordsPerRound, time } from './core.ts'
import { pageViewRecords } from './payloads.ts'
import { smallScript } from './scripts.ts'

/*
 * The whole of core with the enrichments that most people have: user agents by uap-core, places by a database of 65,536
 * networks, referrers, campaigns, a fingerprint; on 5,000 user agents and 50,000 addresses. And with a small script too.
 */

export interface EnrichmentFigures {
  readonly eventsPerSecond: number
  readonly withScriptEventsPerSecond: number
  /** One user agent that nobody has seen, µs of processor time. */
  readonly uncachedUserAgentUs: number
  /** Core with all of these, from configuration to the first event, ms. */
  readonly startMs: number
}

const useragents = 5000
const addresses = 50_000
const warmUpRounds = 12
const rounds = 21

export async function benchEnrichments(): Promise<EnrichmentFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  try {
    return await measure(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function measure(folder: string): Promise<EnrichmentFigures> {
  writeFileSync(join(folder, 'GeoLite2-City.mmdb'), cityDatabase())
  writeFileSync(join(folder, 'referers.json'), JSON.stringify(referers))
  const began = performance.now()
  const core = await newCore(documents(folder))
  const startMs = Math.round(performance.now() - began)
  const scripted = await newCore([...documents(folder), smallScript])
  const batches = Array.from({ length: 50 }, (_, seed) => mixed(seed))
  const plain: number[] = []
  const withScript: number[] = []
  for (let round = -warmUpRounds; round < rounds; round++) {
    const batch = batches[(round + warmUpRounds) % batches.length] ?? []
    const times = [
      await time(() => enrichAll(core, batch)),
      await time(() => enrichAll(scripted, batch)),
    ] as const
    if (round < 0) continue
    plain.push(times[0])
    withScript.push(times[1])
  }
  return {
    eventsPerSecond: rate(plain),
    withScriptEventsPerSecond: rate(withScript),
    uncachedUserAgentUs: await uncachedUserAgent(),
    startMs,
  }
}

/** Events whose user agents are all new, and the same with one that is always the same. */
async function uncachedUserAgent(): Promise<number> {
  const core = await newCore([document('ua_parser_config', '1-0-1', {})])
  const differences: number[] = []
  for (let round = 0; round < 15; round++) {
    const first = 1_000_000 + round * recordsPerRound
    const visitors = (numberOf: (index: number) => number) =>
      pageViewRecords(recordsPerRound, round, index => ({
        useragent: useragentOf(numberOf(index)),
        address: '10.0.0.1',
      }))
    const fresh = visitors(index => first + index)
    const same = visitors(() => 1)
    const all = await time(() => enrichAll(core, fresh))
    const one = await time(() => enrichAll(core, same))
    if (round >= 3) differences.push(((all - one) * 1000) / recordsPerRound)
  }
  return Math.round(differences.toSorted((a, b) => a - b)[Math.floor(differences.length / 2)] ?? 0)
}

function mixed(seed: number): RawRecord[] {
  return pageViewRecords(recordsPerRound, seed + 1, (_index, random) => {
    const number = Math.floor(random() * addresses)
    return {
      useragent: useragentOf(Math.floor(random() * useragents)),
      address: `${1 + (number % 200)}.${Math.floor(number / 200)}.7.1`,
    }
  })
}

const browsers = [
  (n: number) =>
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${90 + (n % 40)}.0.${n}.${n % 200} Safari/537.36`,
  (n: number) =>
    `Mozilla/5.0 (iPhone; CPU iPhone OS 1${n % 8}_${n % 7} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/1${n % 8}.${n % 7} Mobile/15E${n} Safari/604.1`,
  (n: number) =>
    `Mozilla/5.0 (Linux; Android 1${n % 5}; SM-G${900 + (n % 99)}F Build/R${n}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${90 + (n % 40)}.0.${n}.50 Mobile Safari/537.36`,
  (n: number) =>
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:${80 + (n % 60)}.${n}) Gecko/20100101 Firefox/${80 + (n % 60)}.${n}`,
  (n: number) => `Mozilla/5.0 (compatible; Googlebot/2.${n}; +http://www.google.com/bot.html)`,
]

function useragentOf(number: number): string {
  return browsers[number % browsers.length]?.(number) ?? ''
}

function document(name: string, version: string, parameters: unknown): unknown {
  const vendor = 'com.snowplowanalytics.snowplow'
  return {
    schema: `iglu:${vendor}/${name}/jsonschema/${version}`,
    data: { vendor, name, enabled: true, parameters },
  }
}

function documents(folder: string): unknown[] {
  const fingerprint = { excludeParameters: ['cv', 'eid', 'nuid', 'stm'], hashAlgorithm: 'MD5' }
  return [
    document('ua_parser_config', '1-0-1', {}),
    document('ip_lookups', '2-0-0', {
      geo: { uri: pathToFileURL(folder).href, database: 'GeoLite2-City.mmdb' },
    }),
    document('referer_parser', '2-0-0', {
      uri: pathToFileURL(folder).href,
      database: 'referers.json',
      internalDomains: ['www.shop.example'],
    }),
    document('event_fingerprint_config', '1-0-1', fingerprint),
  ]
}

const referers = {
  search: {
    Google: { domains: ['www.google.com', 'google.com', 'google.de'], parameters: ['q'] },
    Bing: { domains: ['bing.com'], parameters: ['q'] },
  },
  social: { Facebook: { domains: ['facebook.com', 'm.facebook.com'] } },
}

const networkBits = 16
const places = 4000

/** A network for each of the first two numbers of an address, and the record of a city for each of these. */
function cityDatabase(): Uint8Array {
  const nodes = 2 ** networkBits - 1
  const cities = Array.from({ length: places }, (_, number) => testValue(cityOf(number)))
  const offsets: number[] = []
  let offset = 0
  for (const city of cities) {
    offsets.push(offset)
    offset += city.length
  }
  const tree = Buffer.alloc(nodes * 6)
  for (let record = 0; record < nodes * 2; record++) {
    // A full binary tree: the children of a node follow the nodes of all levels above.
    const child = record + 1
    const value = child < nodes ? child : nodes + 16 + (offsets[(child * 2_654_435_761) % places] ?? 0)
    tree.writeUIntBE(value, record * 3, 3)
  }
  return Buffer.concat([
    tree,
    Buffer.alloc(16),
    ...cities,
    Buffer.from('\u00ab\u00cd\u00efMaxMind.com', 'latin1'),
    testValue({
      node_count: nodes,
      record_size: 24,
      ip_version: 4,
      database_type: 'GeoLite2-City',
      binary_format_major_version: 2,
      binary_format_minor_version: 0,
    }),
  ])
}

function cityOf(number: number): TestValue {
  const names = { de: `Stadt ${number}`, en: `City ${number}`, fr: `Ville ${number}`, ja: `市 ${number}` }
  return {
    city: { geoname_id: number, names },
    continent: { code: 'EU', geoname_id: 6_255_148, names: { de: 'Europa', en: 'Europe', fr: 'Europe' } },
    country: {
      geoname_id: 2_921_044,
      iso_code: 'DE',
      names: { de: 'Deutschland', en: 'Germany', fr: 'Allemagne' },
    },
    location: {
      accuracy_radius: 20,
      latitude: 48.5 + number / 1000,
      longitude: 9.25,
      time_zone: 'Europe/Berlin',
    },
    postal: { code: String(10_000 + number) },
    subdivisions: [{ geoname_id: 2_951_839, iso_code: 'BY', names: { de: 'Bayern', en: 'Bavaria' } }],
  }
}
