import { readRequest } from '../src/core/decode/request.ts'
import { openAssets } from '../src/assets/index.ts'
import { openLookups } from '../src/lookups/index.ts'
import { configureEnrichments, coreDefaults, createCore } from '../src/core/index.ts'
import type { Core, Outcome, RawRecord } from '../src/core/index.ts'
import { openScripts, scriptDefaults } from '../src/scripts/index.ts'
import { newEmbeddedRegistry, SchemaResolver } from '../src/iglu/index.ts'
import { systemClock } from '../src/lib/index.ts'
import { pageViewRecords } from './payloads.ts'

export interface CoreFigures {
  /** Raw records in, TSV lines out, per second of processor time. */
  readonly eventsPerSecond: number
  /** What is left when only the parts remain that no enricher in JavaScript can do without. */
  readonly ceilingEventsPerSecond: number
  readonly ratio: number
}

export const recordsPerRound = 1000
const warmUpRounds = 12
const rounds = 41

/** Both in one run and by turns, so that whatever slows the machine slows both. */
export async function benchCore(): Promise<CoreFigures> {
  const core = await newCore()
  const batches = Array.from({ length: 8 }, (_, seed) => pageViewRecords(recordsPerRound, seed + 1))
  const whole: number[] = []
  const ceiling: number[] = []
  for (let round = -warmUpRounds; round < rounds; round++) {
    const batch = batches[(round + warmUpRounds) % batches.length] ?? []
    const times = [await time(() => enrichAll(core, batch)), await time(() => readAll(batch))] as const
    if (round < 0) continue
    whole.push(times[0])
    ceiling.push(times[1])
  }
  const eventsPerSecond = rate(whole)
  const ceilingEventsPerSecond = rate(ceiling)
  const ratio = Number((eventsPerSecond / ceilingEventsPerSecond).toFixed(3))
  return { eventsPerSecond, ceilingEventsPerSecond, ratio }
}

/** A core with its schemas at hand. */
export async function newCore(more: readonly unknown[] = [], scripts = scriptDefaults): Promise<Core> {
  const schemas = new SchemaResolver({ registries: [newEmbeddedRegistry()], clock: systemClock })
  const { enrichments } = await configureEnrichments([campaigns, ...more], {
    schemas,
    services: { assets: openAssets(), lookups: openLookups(), scripts: openScripts(scripts) },
  })
  const core = createCore({ schemas, enrichments, options: coreDefaults })
  // The first event fetches and compiles its schemas.
  for (const record of pageViewRecords(1)) requireGood(core, record, await core.process(record))
  return core
}

const campaigns = {
  schema: 'iglu:com.snowplowanalytics.snowplow/campaign_attribution/jsonschema/1-0-1',
  data: {
    name: 'campaign_attribution',
    vendor: 'com.snowplowanalytics.snowplow',
    enabled: true,
    parameters: {
      mapping: 'static',
      fields: {
        mktMedium: ['utm_medium', 'medium'],
        mktSource: ['utm_source', 'source'],
        mktTerm: ['utm_term'],
        mktContent: ['utm_content'],
        mktCampaign: ['utm_campaign'],
      },
    },
  },
}

function requireGood(core: Core, record: RawRecord, outcomes: readonly Outcome[]): number {
  let bytes = 0
  for (const { kind, data } of core.emit(outcomes, record)) {
    if (kind === 'bad') throw new Error(`an event is bad: ${Buffer.from(data).toString()}`)
    bytes += data.length
  }
  return bytes
}

export function enrichAll(core: Core, records: readonly RawRecord[]): number {
  let bytes = 0
  for (const record of records) {
    const outcomes = core.process(record)
    if (outcomes instanceof Promise) throw new Error('a schema is not at hand')
    bytes += requireGood(core, record, outcomes)
  }
  return bytes
}

/** Thrift, both JSON texts, and the contexts written again: the least that reading and passing on an event takes. */
function readAll(records: readonly RawRecord[]): number {
  let characters = 0
  for (const { data } of records) {
    const request = readRequest(Buffer.from(data.buffer, data.byteOffset, data.byteLength))
    const body = 'error' in request ? '' : (request.body ?? '')
    const { data: events } = JSON.parse(body) as { data: readonly { cx: string }[] }
    for (const { cx } of events) {
      characters += JSON.stringify(JSON.parse(Buffer.from(cx, 'base64url').toString())).length
    }
  }
  return characters
}

/** Milliseconds of processor time, those of the garbage collector's threads included: neighbours do not count. */
export async function time(work: () => number): Promise<number> {
  // Lets the garbage of the one side be collected outside the other's time.
  await new Promise(resolve => setImmediate(resolve))
  const before = process.cpuUsage()
  if (work() === 0) throw new Error('nothing was done')
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

export function rate(milliseconds: readonly number[]): number {
  const median = milliseconds.toSorted((a, b) => a - b)[Math.floor(milliseconds.length / 2)] ?? Infinity
  return Math.round(recordsPerRound / (median / 1000))
}
