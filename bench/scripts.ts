import { engineNames, scriptDefaults } from '../src/scripts/index.ts'
import { enrichAll, newCore, rate, recordsPerRound, time } from './core.ts'
import { pageViewRecords } from './payloads.ts'

/* The whole of core with a small JavaScript enrichment, for each engine and without one, by turns in one run. */

const script = `
function process(event) {
  const page = event.getPage_urlpath()
  if (page !== null && page.startsWith('/private')) event.drop()
  event.setApp_id((event.getApp_id() || 'none').toLowerCase())
  return [{
    schema: 'iglu:com.snowplowanalytics.snowplow/link_click/jsonschema/1-0-1',
    data: { targetUrl: event.getPage_url() || '' },
  }]
}`

export const smallScript = {
  schema: 'iglu:com.snowplowanalytics.snowplow/javascript_script_config/jsonschema/1-0-1',
  data: {
    vendor: 'com.snowplowanalytics.snowplow',
    name: 'javascript_script_config',
    enabled: true,
    parameters: { script: Buffer.from(script).toString('base64'), config: {} },
  },
}

const warmUpRounds = 8
const rounds = 21

/** Events per second of processor time. */
export async function benchScripts(): Promise<Readonly<Record<string, number>>> {
  const contenders = new Map([['noScript', { core: await newCore(), times: [] as number[] }]])
  for (const engine of engineNames) {
    try {
      const core = await newCore([smallScript], { ...scriptDefaults, engine })
      contenders.set(engine, { core, times: [] })
    } catch (error) {
      console.error(`${engine} is left out: ${String(error)}`)
    }
  }
  const batches = Array.from({ length: 4 }, (_, seed) => pageViewRecords(recordsPerRound, seed + 1))
  for (let round = -warmUpRounds; round < rounds; round++) {
    const batch = batches[(round + warmUpRounds) % batches.length] ?? []
    for (const { core, times } of contenders.values()) {
      const ms = await time(() => enrichAll(core, batch))
      if (round >= 0) times.push(ms)
    }
  }
  return Object.fromEntries(Array.from(contenders, ([name, { times }]) => [name, rate(times)]))
}
