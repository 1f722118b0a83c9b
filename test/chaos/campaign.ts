import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbedded, type EmbeddedBackend } from '../../src/backends/embedded/index.ts'
import { configDefaults } from '../../src/config/index.ts'
import { systemClock } from '../../src/lib/index.ts'
import { Disk } from './disk.ts'
import { perform, type Fault, type Victims } from './faults.ts'
import { Fleet, streams, type Surprise } from './fleet.ts'
import { measureHandovers, type Handover } from './handover.ts'
import { readLogs, type LogLine } from './log.ts'
import { judge, type Logs, type Wrong } from './oracle.ts'
import { faultKinds, planFaults, type FaultKind, type PlannedFault } from './plan.ts'
import type { PlantName } from './planted.ts'
import { killAll, type Program } from './process.ts'
import { readRaw, readWritten, waitForOutputs } from './streams.ts'
import { sendTraffic } from './traffic.ts'

export interface CampaignOptions {
  readonly seed: number
  readonly seconds: number
  readonly eventsPerSecond: number
  readonly workers: number
  readonly faults: number
  readonly say: (line: string) => void
  /** Leave the files where they are, for a person to look at. */
  readonly keep?: boolean
  /** Of all that can happen, only this. */
  readonly only?: readonly FaultKind[]
  /** A bug that every process is to have. */
  readonly plant?: PlantName
  /** Stops early when it aborts. */
  readonly signal?: AbortSignal
}

/** What happened, and what is wrong with it. */
export interface Outcome {
  readonly logs: Logs
  readonly wrong: readonly Wrong[]
  readonly faults: readonly Fault[]
  readonly surprises: readonly Surprise[]
  readonly handovers: readonly Handover[]
  readonly lines: readonly LogLine[]
}

/**
 * How long nothing may come out, with raw records still waiting, before what is missing counts as lost. Longer than any
 * worker waits before it tries a shard again.
 */
const patienceMs = 90_000

const { leaseMs } = configDefaults.leases

/** Runs a pipeline of real processes under traffic and faults, and judges what came out. */
export async function runCampaign(options: CampaignOptions): Promise<Outcome> {
  await using site = new AsyncDisposableStack()
  const home = mkdtempSync(join(tmpdir(), 'millrace-chaos-'))
  const data = join(home, 'data')
  const cleanUp = undoer(options, home, () => disk?.unmount())
  site.defer(cleanUp)
  const disk = Disk.mount(data, diskBytes(options))
  if (disk === undefined) options.say('no disk-full: this user may not mount a file system of its own')
  mkdirSync(data, { recursive: true })
  const fleet = await Fleet.open({ data, notes: home, ...(options.plant && { plant: options.plant }) })
  const faults = await makeTrouble(options, { fleet, data, disk })
  const backend = openEmbedded({ directory: data })
  site.defer(() => backend.close())
  const logs = await readBack(fleet, backend, faults.sent)
  const lines = readLogs(fleet.programs)
  return {
    logs,
    wrong: judge(logs),
    faults: faults.done,
    surprises: fleet.surprises,
    handovers: measureHandovers({ lines, faults: faults.done, raw: logs.raw }),
    lines,
  }
}

/** Traffic and faults, from the first worker that is ready to the last fault that is over. */
async function makeTrouble(options: CampaignOptions, victims: Victims) {
  const { fleet, disk } = victims
  await startAll(fleet, options.workers)
  const traffic = new AbortController()
  const sending = sendTraffic({ ...options, port: fleet.port, signal: traffic.signal })
  const kinds = (options.only ?? faultKinds).filter(kind => kind !== 'disk-full' || disk !== undefined)
  const plan = planFaults({ ...options, leaseMs, kinds })
  const began = Date.now()
  const doing = plan.map(planned => doAt(planned, began, { ...options, victims }))
  await systemClock.sleep(options.seconds * 1000, options.signal)
  const done = (await Promise.all(doing)).filter(fault => fault !== undefined)
  traffic.abort()
  return { sent: await sending, done }
}

async function startAll(fleet: Fleet, count: number): Promise<void> {
  const workers: readonly Program[] = Array.from({ length: count }, () => fleet.startWorker())
  const ready = await Promise.all([fleet.startCollector(), ...workers.map(worker => fleet.ready(worker))])
  if (ready.includes(false)) throw new Error('a process did not start: see its log')
}

interface Doing {
  readonly victims: Victims
  readonly say: (line: string) => void
  readonly signal?: AbortSignal
}

async function doAt(planned: PlannedFault, began: number, { victims, say, signal }: Doing) {
  await systemClock.sleep(planned.atMs - (Date.now() - began), signal)
  if (signal?.aborted === true) return undefined
  const at = ((Date.now() - began) / 1000).toFixed(1)
  const fault = await perform(planned, victims)
  const lasted = fault === undefined ? '' : ` for ${fault.to - fault.from} ms`
  say(`${at.padStart(6)} s  ${planned.kind.padEnd(15)} ${fault?.hit.join(', ') ?? 'nothing to hit'}${lasted}`)
  return fault
}

/** Lets the workers finish, stops them, and reads what lies in the streams then. */
async function readBack(fleet: Fleet, backend: EmbeddedBackend, sent: Logs['sent']): Promise<Logs> {
  await fleet.stopCollector()
  const raw = await readRaw(backend)
  const events = raw.reduce((sum, { eventIds }) => sum + eventIds.length, 0)
  await waitForOutputs(backend, events, patienceMs)
  // What has come by then and was not waited for came twice, or late.
  await fleet.stopWorkers()
  const written = [...(await readWritten(backend, 'good')), ...(await readWritten(backend, 'bad'))]
  return { sent, raw, written, shards: await backend.listShards(streams.raw) }
}

/** Everything that a campaign brings: raw records, outputs, and the WALs beside them. */
function diskBytes({ seconds, eventsPerSecond }: CampaignOptions): number {
  return 256 * 1024 * 1024 + seconds * eventsPerSecond * 8 * 1024
}

/** Ends every process and removes every trace, also when this process is ended. Does it once. */
function undoer({ keep }: CampaignOptions, home: string, unmount: () => void): () => void {
  let undone = false
  const undo = (): void => {
    if (undone) return
    undone = true
    process.off('exit', undo)
    killAll()
    if (keep === true) return
    unmount()
    rmSync(home, { recursive: true, force: true })
  }
  process.on('exit', undo)
  return undo
}
