import { encodeCollectorPayload, type RawRecord } from '../src/core/index.ts'

/*
 * Raw records as a web site's page views make them: 3.4 kB of Thrift, one event each, three contexts in base64, eleven
 * headers. Every user, session, address and identifier is another one; the same seed gives the same records.
 */

/** Mulberry32: small, and good enough to make things different. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Who visits. */
export interface Visitor {
  readonly useragent: string
  readonly address: string
}

export function pageViewRecords(
  count: number,
  seed = 1,
  visitorOf: (index: number, random: () => number) => Visitor = someVisitor,
): RawRecord[] {
  const random = randomNumbers(seed)
  return Array.from({ length: count }, (_, index) => pageViewRecord(index, random, visitorOf(index, random)))
}

function someVisitor(index: number, random: () => number): Visitor {
  const useragent = useragentOf(random)
  const address = `${1 + Math.floor(random() * 220)}.${index % 256}.${Math.floor(random() * 256)}.7`
  return { useragent, address }
}

const start = 1_760_000_000_000
const sections = ['shoes', 'shirts', 'jackets', 'bags', 'sale', 'journal/how-to', 'kids/winter']
const mediums = ['cpc', 'email', 'social', 'affiliate']
// One of them is beyond Latin-1, which makes every text that contains it twice as large in memory.
const dashes = ['|', '-', '·', '–']
const languages = ['en-GB', 'en-US', 'de-DE', 'fr-FR', 'nl-NL', 'pl-PL']
const zones = ['Europe/London', 'America/New_York', 'Europe/Berlin', 'Europe/Paris', 'Asia/Tokyo']
const screens = ['1920x1080', '1440x900', '390x844', '2560x1440', '360x800']

function pageViewRecord(index: number, random: () => number, { useragent, address }: Visitor): RawRecord {
  const at = start + index * 37
  const page = pageOf(index, random)
  const duid = uuid(random)
  const event = {
    e: 'pv',
    url: page.url,
    page: page.title,
    refr: `https://www.google.com/search?q=${pick(sections, random)}+size+${index % 50}`,
    eid: uuid(random),
    tv: 'js-3.24.2',
    tna: 'sp',
    aid: 'shop-web',
    p: 'web',
    cookie: '1',
    cs: 'UTF-8',
    lang: pick(languages, random),
    res: pick(screens, random),
    cd: '24',
    tz: pick(zones, random),
    dtm: String(at - 850),
    vp: `${800 + (index % 1200)}x${600 + (index % 500)}`,
    ds: `${800 + (index % 1200)}x${2000 + (index % 9000)}`,
    vid: String(1 + (index % 40)),
    sid: uuid(random),
    duid,
    cx: Buffer.from(contextsOf(at, duid, random)).toString('base64url'),
    stm: String(at - 120),
  }
  const schema = 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4'
  const data = encodeCollectorPayload({
    ipAddress: address,
    timestamp: at,
    encoding: 'UTF-8',
    collector: 'ssc-3.2.0-kinesis',
    userAgent: useragent,
    refererUri: page.url,
    path: '/com.snowplowanalytics.snowplow/tp2',
    body: JSON.stringify({ schema, data: [event] }),
    headers: headersOf(page.url, useragent, address),
    contentType: 'application/json',
    hostname: 'collector.shop.example',
    networkUserId: uuid(random),
  })
  const origin = {
    stream: 'raw',
    shardId: 'shardId-000000000001',
    sequence: String(4.9e15 + index),
    subSequence: 0,
  }
  return { data, origin, processedAt: at + 400 }
}

function pageOf(index: number, random: () => number): { url: string; title: string } {
  const section = pick(sections, random)
  const campaign = `utm_source=newsletter-${index % 97}&utm_medium=${pick(mediums, random)}&utm_campaign=autumn%20${index % 12}`
  return {
    url: `https://www.shop.example/${section}/item-${Math.floor(random() * 1e7)}?${campaign}&gclid=${index.toString(36)}#reviews`,
    title: `Item ${index} in ${section} ${pick(dashes, random)} The Shop`,
  }
}

function contextsOf(at: number, userId: string, random: () => number): string {
  const navigation = at - 2400
  const later = (ms: number): number => navigation + Math.floor(random() * ms)
  const timing = {
    navigationStart: navigation,
    redirectStart: 0,
    redirectEnd: 0,
    fetchStart: later(10),
    domainLookupStart: later(20),
    domainLookupEnd: later(30),
    connectStart: later(40),
    secureConnectionStart: later(50),
    connectEnd: later(80),
    requestStart: later(90),
    responseStart: later(300),
    responseEnd: later(320),
    unloadEventStart: later(330),
    unloadEventEnd: later(340),
    domLoading: later(350),
    domInteractive: later(800),
    domContentLoadedEventStart: later(820),
    domContentLoadedEventEnd: later(830),
    domComplete: later(1500),
    loadEventStart: later(1510),
    loadEventEnd: later(1520),
  }
  const session = {
    userId,
    sessionId: uuid(random),
    eventIndex: 1 + Math.floor(random() * 30),
    sessionIndex: 1 + Math.floor(random() * 9),
    previousSessionId: random() < 0.5 ? null : uuid(random),
    storageMechanism: 'COOKIE_1',
    firstEventId: uuid(random),
    firstEventTimestamp: new Date(at - 60_000).toISOString(),
  }
  return JSON.stringify({
    schema: 'iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0',
    data: [
      { schema: 'iglu:com.snowplowanalytics.snowplow/web_page/jsonschema/1-0-0', data: { id: uuid(random) } },
      { schema: 'iglu:org.w3/PerformanceTiming/jsonschema/1-0-0', data: timing },
      { schema: 'iglu:com.snowplowanalytics.snowplow/client_session/jsonschema/1-0-2', data: session },
    ],
  })
}

function useragentOf(random: () => number): string {
  const version = 100 + Math.floor(random() * 40)
  return `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`
}

function headersOf(url: string, useragent: string, address: string): string[] {
  return [
    'Timeout-Access: <function1>',
    `X-Forwarded-For: ${address}`,
    'X-Forwarded-Proto: https',
    'X-Forwarded-Port: 443',
    'Host: collector.shop.example',
    'Accept: */*',
    'Accept-Language: en-GB,en;q=0.9',
    'Accept-Encoding: gzip, deflate, br',
    `Referer: ${url}`,
    `User-Agent: ${useragent}`,
    'application/json',
  ]
}

function pick(list: readonly string[], random: () => number): string {
  return list[Math.floor(random() * list.length)] ?? ''
}

function uuid(random: () => number): string {
  const digits = Array.from({ length: 4 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('')
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20)}`
}
