// `npm run chaos -- --backend embedded --seconds 120 --rate 500 [--seed N] [--workers N] [--faults N]
// [--only KIND]… [--plant BUG] [--keep] [--json]`: a pipeline of real processes under traffic and faults. Exit code 1: something was lost, came twice or out of order.
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { runCampaign } from './campaign.ts'
import { faultKinds } from './plan.ts'
import { isPlant } from './planted.ts'
import { explain, slowest, summarize } from './report.ts'

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'embedded' },
    seconds: { type: 'string', default: '120' },
    rate: { type: 'string', default: '500' },
    workers: { type: 'string', default: '3' },
    faults: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string', multiple: true },
    plant: { type: 'string' },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

if (values.backend !== 'embedded') {
  console.error(`chaos: there is no backend ${values.backend}; try embedded`)
  process.exit(64)
}

const seconds = numberOf('seconds', values.seconds)
const seed = numberOf('seed', values.seed ?? String(randomInt(1_000_000)))
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(130)
    console.error('stopping; what came so far is judged. Once more to leave at once')
    stop.abort()
  })
}

console.error(`chaos: seed ${seed}, ${seconds} s, ${values.rate} events per second`)
const outcome = await runCampaign({
  seed,
  seconds,
  eventsPerSecond: numberOf('rate', values.rate),
  workers: numberOf('workers', values.workers),
  // One every two seconds.
  faults: numberOf('faults', values.faults ?? String(Math.ceil(seconds / 2))),
  keep: values.keep,
  ...(values.only !== undefined && { only: faultKinds.filter(kind => values.only?.includes(kind)) }),
  ...(values.plant !== undefined && isPlant(values.plant) && { plant: values.plant }),
  signal: stop.signal,
  say: line => console.error(line),
})
console.error('slowest hand-overs:')
for (const line of slowest(outcome)) console.error(`  ${line}`)
for (const line of explain(outcome)) console.error(line)
const summary = summarize(outcome, seed)
if (values.json) console.log(JSON.stringify(summary))
else console.table(Object.entries(summary).filter(([, value]) => typeof value !== 'object'))
process.exitCode = outcome.wrong.length > 0 ? 1 : 0

function numberOf(name: string, text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value >= 0) return value
  console.error(`chaos: --${name} ${text}: expected a number`)
  process.exit(64)
}
