import { systemClock } from '../../src/lib/index.ts'
import { findCopies, type Copied } from './copies.ts'
import { kindsAt, perform, type Fault } from './faults.ts'
import type { Surprise } from './fleet.ts'
import { measureHandovers, type Handover } from './handover.ts'
import { judge, type Wrong } from './oracle.ts'
import { runPipeline, type Pipeline, type PipelineOptions, type Remains } from './pipeline.ts'
import { planFaults, type FaultKind, type PlannedFault } from './plan.ts'
import { sendTraffic } from './traffic.ts'

export interface CampaignOptions extends PipelineOptions {
  readonly faults: number
  /** Of all that can happen, only this. */
  readonly only?: readonly FaultKind[]
  /** Stops early when it aborts. */
  readonly signal?: AbortSignal
}

/** What happened, and what is wrong with it. */
export interface Outcome extends Pick<Remains, 'logs' | 'lines'> {
  readonly wrong: readonly Wrong[]
  /** What lies in its stream more than once. Where it may not, it is wrong as well. */
  readonly copies: readonly Copied[]
  readonly faults: readonly Fault[]
  readonly surprises: readonly Surprise[]
  readonly handovers: readonly Handover[]
}

/** Runs a pipeline of real processes under traffic and faults, and judges what came out. */
export async function runCampaign(options: CampaignOptions): Promise<Outcome> {
  const { done, pipeline, ...remains } = await runPipeline(options, pipeline =>
    makeTrouble(options, pipeline),
  )
  return judgeAll(remains, pipeline, done)
}

export function judgeAll(
  { logs, inStream, lines }: Remains,
  pipeline: Pipeline,
  faults: readonly Fault[],
): Outcome {
  const { heldPuts, leaseMs, aftermathMs } = pipeline.site
  const copies = findCopies({ written: inStream, heldPuts, lines, faults, settleMs: leaseMs / 2 })
  return {
    logs,
    wrong: judge(logs),
    copies,
    faults,
    surprises: pipeline.fleet.surprises,
    handovers: measureHandovers({ lines, faults, raw: logs.raw, aftermathMs }),
    lines,
  }
}

/** Traffic and faults, from the first worker that is ready to the last fault that is over. */
async function makeTrouble(options: CampaignOptions, pipeline: Pipeline) {
  const { fleet, site } = pipeline
  const traffic = new AbortController()
  const sending = sendTraffic({ ...options, port: fleet.port, signal: traffic.signal })
  const kinds = kindsAt(site).filter(kind => options.only?.includes(kind) ?? true)
  const plan = planFaults({ ...options, leaseMs: site.leaseMs, kinds })
  const began = Date.now()
  const doing = plan.map(planned => doAt(planned, began, { ...options, pipeline }))
  await systemClock.sleep(options.seconds * 1000, options.signal)
  const done = (await Promise.all(doing)).filter(fault => fault !== undefined)
  traffic.abort()
  return { sent: await sending, done }
}

interface Doing {
  readonly pipeline: Pipeline
  readonly say: (line: string) => void
  readonly signal?: AbortSignal
}

async function doAt(planned: PlannedFault, began: number, { pipeline, say, signal }: Doing) {
  await systemClock.sleep(planned.atMs - (Date.now() - began), signal)
  if (signal?.aborted === true) return undefined
  const at = ((Date.now() - began) / 1000).toFixed(1)
  const fault = await perform(planned, pipeline)
  const lasted = fault === undefined ? '' : ` for ${fault.to - fault.from} ms`
  say(`${at.padStart(6)} s  ${planned.kind.padEnd(16)} ${fault?.hit.join(', ') ?? 'nothing to hit'}${lasted}`)
  return fault
}
