import { configDefaults } from '../../src/config/index.ts'
import { systemClock } from '../../src/lib/index.ts'
import { judgeAll, type Outcome } from './campaign.ts'
import { deploy, type Fault } from './faults.ts'
import { streams } from './fleet.ts'
import { measureLag, type Lag } from './lag.ts'
import { runPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts'
import type { Site } from './site.ts'
import { sendTraffic } from './traffic.ts'

export interface DeployOutcome extends Outcome {
  /** Of what came in from before the first new worker to after the last old one. */
  readonly lag: Lag
  readonly deployMs: number
}

/** Before and after the deploy, so that there is something to compare it with. */
const calmMs = 5000
const balanceMs = 60_000

/** A rolling deploy under traffic and nothing else: every worker is replaced, one after the other. */
export async function runDeploy(options: PipelineOptions): Promise<DeployOutcome> {
  const { done, pipeline, ...remains } = await runPipeline(options, pipeline => replaceAll(options, pipeline))
  const { from, to } = done
  const outcome = judgeAll(remains, pipeline, [done])
  return { ...outcome, lag: measureLag(remains.logs, from, to + calmMs), deployMs: to - from }
}

async function replaceAll(options: PipelineOptions, { fleet, site }: Pipeline) {
  await balanced(site, options)
  const traffic = new AbortController()
  const sending = sendTraffic({ ...options, port: fleet.port, signal: traffic.signal })
  await systemClock.sleep(calmMs)
  const from = Date.now()
  const hit = await deploy(fleet)
  const done: Fault = { kind: 'rolling-deploy', from, to: Date.now(), hit }
  options.say(`replaced ${hit.join(', ')} within ${done.to - from} ms`)
  await systemClock.sleep(calmMs)
  traffic.abort()
  return { sent: await sending, done }
}

/** Until each worker holds its share of the shards. */
async function balanced(site: Site, { workers, shards }: PipelineOptions): Promise<void> {
  const backend = site.open()
  const store = backend.leaseStore({ application: configDefaults.application, stream: streams.raw })
  const deadline = Date.now() + balanceMs
  try {
    for (;;) {
      const owners = Map.groupBy(await store.list(), ({ owner }) => owner ?? '')
      const sizes = [...owners.values()].map(rows => rows.length)
      const fair = !owners.has('') && owners.size === workers && Math.max(...sizes) - Math.min(...sizes) <= 1
      if (fair && sizes.reduce((sum, size) => sum + size, 0) === shards) return
      if (Date.now() > deadline) throw new Error(`the workers share ${shards} shards as ${sizes.join(', ')}`)
      await systemClock.sleep(250)
    }
  } finally {
    await backend.close()
  }
}
