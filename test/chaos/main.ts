// `npm run chaos -- [--backend embedded|aws-local] [--seconds N] [--rate N] [--seed N] [--workers N] [--shards N] [--faults N]
// [--only KIND]… [--plant BUG] [--keep] [--json]`: a pipeline of real processes under traffic and faults. With `--deploy`:
// under a rolling deploy and nothing else. Exit code 1: something was lost, came twice or out of order.
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { runCampaign, type Outcome } from './campaign.ts'
import { runDeploy } from './deploy.ts'
import type { PipelineOptions } from './pipeline.ts'
import { isKind } from './plan.ts'
import { isPlant } from './planted.ts'
import { explain, slowest, summarize, summarizeDeploy } from './report.ts'
import { backendNames } from './site.ts'

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'embedded' },
    deploy: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '120' },
    rate: { type: 'string' },
    workers: { type: 'string' },
    shards: { type: 'string' },
    faults: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string', multiple: true },
    plant: { type: 'string' },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

const backend = backendNames.find(name => name === values.backend)
if (backend === undefined) {
  console.error(`chaos: there is no backend ${values.backend}; try ${backendNames.join(' or ')}`)
  process.exit(64)
}

/** What is sound on a small machine: stand-ins for AWS want a part of it, and a lease that is longer wants fewer faults. */
const usual = {
  embedded: { rate: 500, faultEveryS: 2 },
  'aws-local': { rate: 200, faultEveryS: 3 },
}[backend]

const seconds = numberOf('seconds', values.seconds)
const seed = numberOf('seed', values.seed ?? String(randomInt(1_000_000)))
const options: PipelineOptions = {
  backend,
  seed,
  seconds,
  eventsPerSecond: numberOf('rate', values.rate ?? String(usual.rate)),
  workers: numberOf('workers', values.workers ?? (values.deploy ? '4' : '3')),
  shards: numberOf('shards', values.shards ?? (values.deploy ? '16' : '4')),
  keep: values.keep,
  ...(values.plant !== undefined && isPlant(values.plant) && { plant: values.plant }),
  say: line => console.error(line),
}
console.error(`chaos: ${backend}, seed ${seed}, ${options.eventsPerSecond} events per second`)
if (values.deploy) {
  const outcome = await runDeploy(options)
  tell(outcome, summarizeDeploy(outcome, seed))
} else {
  const outcome = await campaign()
  tell(outcome, summarize(outcome, seed))
}

async function campaign(): Promise<Outcome> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(130)
      console.error('stopping; what came so far is judged. Once more to leave at once')
      stop.abort()
    })
  }
  return runCampaign({
    ...options,
    faults: numberOf('faults', values.faults ?? String(Math.ceil(seconds / usual.faultEveryS))),
    ...(values.only !== undefined && { only: values.only.filter(isKind) }),
    signal: stop.signal,
  })
}

function tell(outcome: Outcome, summary: object): void {
  console.error('slowest hand-overs:')
  for (const line of slowest(outcome)) console.error(`  ${line}`)
  for (const line of explain(outcome)) console.error(line)
  if (values.json) console.log(JSON.stringify(summary))
  else console.table(Object.entries(summary).filter(([, value]) => typeof value !== 'object'))
  const unexplained = outcome.copies.some(({ cause }) => cause === 'unexplained')
  process.exitCode = outcome.wrong.length > 0 || unexplained ? 1 : 0
}

function numberOf(name: string, text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value >= 0) return value
  console.error(`chaos: --${name} ${text}: expected a number`)
  process.exit(64)
}
