import { randomUUID } from 'node:crypto'
import { systemClock } from '../../src/lib/index.ts'

/** One event that was sent. Without a 200 nobody knows whether it was recorded, and it is not sent again. */
export interface SentEvent {
  readonly kind: 'good' | 'bad'
  readonly sentAt: number
  fate: 'accepted' | 'unknown'
}

export interface TrafficOptions {
  readonly port: number
  readonly eventsPerSecond: number
  readonly signal: AbortSignal
}

const tickMs = 20
const eventsPerRequest = 5
/** One event in so many breaks its schema. */
const badEvery = 17
/** What does not get through by then is not waited for. */
const timeoutMs = 8000
/** Beyond that many requests under way, no more are begun: the collector is down or stuck. */
const maxUnderWay = 100

/** Sends events at a steady rate until the signal aborts. By event id. */
export async function sendTraffic(options: TrafficOptions): Promise<Map<string, SentEvent>> {
  const sent = new Map<string, SentEvent>()
  const underWay = new Set<Promise<void>>()
  let owed = 0
  let last = performance.now()
  while (!options.signal.aborted) {
    await systemClock.sleep(tickMs, options.signal)
    const now = performance.now()
    owed += ((now - last) / 1000) * options.eventsPerSecond
    last = now
    for (; owed >= eventsPerRequest; owed -= eventsPerRequest) {
      if (underWay.size >= maxUnderWay) continue
      const request = sendRequest(options.port, sent).finally(() => underWay.delete(request))
      underWay.add(request)
    }
  }
  await Promise.all(underWay)
  return sent
}

async function sendRequest(port: number, sent: Map<string, SentEvent>): Promise<void> {
  const data = Array.from({ length: eventsPerRequest }, (_, i) => makeEvent(sent.size + i))
  const events = data.map(({ eid, e }): SentEvent => {
    const event: SentEvent = { kind: e === 'pv' ? 'good' : 'bad', sentAt: Date.now(), fate: 'unknown' }
    sent.set(eid, event)
    return event
  })
  if ((await post(port, data)) === 200) for (const event of events) event.fate = 'accepted'
}

/** The status; 0 when there was no answer. */
async function post(port: number, data: readonly object[]): Promise<number> {
  const schema = 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4'
  try {
    const response = await fetch(`http://127.0.0.1:${port}/com.snowplowanalytics.snowplow/tp2`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ schema, data }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    await response.arrayBuffer()
    return response.status
  } catch {
    return 0
  }
}

function makeEvent(n: number) {
  const common = { p: 'web', tv: 'chaos-1.0', eid: randomUUID() }
  if (n % badEvery === badEvery - 1) return { ...common, e: 'ue', ue_pr: brokenLinkClick }
  return { ...common, e: 'pv', url: `https://shop.example.com/${n}?utm_source=chaos`, page: 'Demo shop' }
}

/** A link click without the URL that its schema requires. */
const brokenLinkClick = JSON.stringify({
  schema: 'iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0',
  data: {
    schema: 'iglu:com.snowplowanalytics.snowplow/link_click/jsonschema/1-0-1',
    data: { elementId: 'broken' },
  },
})
