import { randomInt, randomUUID } from 'node:crypto'
import {
  buildLinkClick,
  buildPagePing,
  buildPageView,
  buildSelfDescribingEvent,
  buildStructEvent,
  newTracker,
  type PayloadBuilder,
  type SelfDescribingJson,
  type Tracker,
} from '@snowplow/node-tracker'
import type { Clock } from '../lib/index.ts'

export interface TrafficOptions {
  /** Collector to send to, such as `http://127.0.0.1:9090`. */
  readonly endpoint: string
  readonly eventsPerSecond: number
  readonly clock: Clock
}

export interface Traffic {
  /** Events that the collector answered 200 for. */
  readonly delivered: number
  /** Events that were given up. What is sent again counts once it has arrived. */
  readonly failed: number
  /** Stops tracking, and resolves when what was tracked is delivered or given up. */
  stop(): Promise<void>
}

/** How often a burst of events is made. */
const tickMs = 100
/** How long a stop waits between two looks at what has arrived. */
const settleMs = 20
/** How long a stop tries to deliver what was tracked. */
const deliverMs = 5000
/** One event in so many breaks its schema, so that the bad stream shows life too. */
const badEvery = 50

const pages = [
  '/',
  '/pricing',
  '/blog/exactly-once',
  '/docs/install?utm_source=news&utm_medium=email',
  '/shop?q=mill',
]
const users = Array.from({ length: 200 }, () => ({ id: randomUUID(), session: randomUUID() }))

/** Live traffic of a small web shop, made by the real Snowplow tracker for Node.js. */
export function startTraffic({ endpoint, eventsPerSecond, clock }: TrafficOptions): Traffic {
  const counts = { delivered: 0, failed: 0 }
  const tracker = newTracker(
    { namespace: 'traffic', appId: 'demo-shop', encodeBase64: true },
    {
      endpoint,
      eventMethod: 'post',
      bufferSize: 10,
      onRequestSuccess: batch => void (counts.delivered += batch.length),
      onRequestFailure: ({ events, willRetry }) => void (counts.failed += willRetry ? 0 : events.length),
    },
  )
  const stopped = new AbortController()
  const running = run(tracker, eventsPerSecond, clock, stopped.signal)
  return {
    get delivered() {
      return counts.delivered
    },
    get failed() {
      return counts.failed
    },
    async stop() {
      stopped.abort()
      const made = await running
      const until = clock.monotonic() + deliverMs
      // A flush beside one that is under way resolves at once: only the counts tell that all is done.
      while (counts.delivered + counts.failed < made && clock.monotonic() < until) {
        await tracker.flush()
        await clock.sleep(settleMs)
      }
    },
  }
}

/** Resolves with how many events it has made. */
async function run(tracker: Tracker, rate: number, clock: Clock, signal: AbortSignal): Promise<number> {
  const began = clock.monotonic()
  let made = 0
  for (; !signal.aborted; await clock.sleep(tickMs, signal)) {
    const due = Math.floor(((clock.monotonic() - began) / 1000) * rate)
    for (; made < due; made++) trackOne(tracker, made)
  }
  return made
}

function trackOne(tracker: Tracker, n: number): void {
  const user = pick(users)
  tracker.setDomainUserId(user.id)
  tracker.setSessionId(user.session)
  tracker.setPlatform('web')
  tracker.setUserId(`user-${users.indexOf(user)}`)
  tracker.track(n % badEvery === badEvery - 1 ? brokenEvent() : pick(events)(), [webPage()])
}

const url = () => `https://shop.example.com${pick(pages)}`

const events: readonly (() => PayloadBuilder)[] = [
  () =>
    buildPageView({ pageUrl: url(), pageTitle: 'Demo shop', referrer: 'https://search.example.com/?q=mill' }),
  () => buildPageView({ pageUrl: url(), pageTitle: 'Demo shop' }),
  () => buildPagePing({ pageUrl: url(), maxYOffset: randomInt(2000) }),
  () => buildLinkClick({ targetUrl: `https://shop.example.com${pick(pages)}`, elementId: 'buy' }),
  () =>
    buildStructEvent({ category: 'shop', action: 'add-to-basket', label: 'flour', value: randomInt(1, 90) }),
]

/** A link click without the URL that its schema requires. */
function brokenEvent(): PayloadBuilder {
  const schema = 'iglu:com.snowplowanalytics.snowplow/link_click/jsonschema/1-0-1'
  return buildSelfDescribingEvent({ event: { schema, data: { elementId: 'broken' } } })
}

function webPage(): SelfDescribingJson {
  return {
    schema: 'iglu:com.snowplowanalytics.snowplow/web_page/jsonschema/1-0-0',
    data: { id: randomUUID() },
  }
}

function pick<T>(from: readonly T[]): T {
  const chosen = from[randomInt(from.length)]
  if (chosen === undefined) throw new RangeError('nothing to pick from')
  return chosen
}
