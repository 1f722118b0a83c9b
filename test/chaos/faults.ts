import type { Backend } from '../../src/backends/index.ts'
import { MillraceError, systemClock } from '../../src/lib/index.ts'
import { streams, type Fleet } from './fleet.ts'
import { pickOf } from './pick.ts'
import { isKind, type FaultKind, type PlannedFault } from './plan.ts'
import type { Program } from './process.ts'
import { merge, split, type Reshard } from './reshard.ts'
import type { Act, Site } from './site.ts'

/** A fault as it really was. Times in ms since the epoch. */
export interface Fault {
  readonly kind: FaultKind
  readonly from: number
  readonly to: number
  /** The processes or shards that it hit. */
  readonly hit: readonly string[]
}

export interface Victims {
  readonly fleet: Fleet
  readonly site: Site
}

const fewestWorkers = 3
const mostWorkers = 6

/** Does what was planned. Resolves, when it is over, with what was hit; with nothing when there was nothing to hit. */
export async function perform(planned: PlannedFault, victims: Victims): Promise<Fault | undefined> {
  const from = Date.now()
  const hit = await actsOf(victims.site)[planned.kind]?.(planned, victims.fleet)
  if (hit === undefined) return undefined
  return hit.length === 0 ? undefined : { kind: planned.kind, from, to: Date.now(), hit }
}

/** Everything that can happen at this place. */
export function kindsAt(site: Site): readonly FaultKind[] {
  return Object.keys(actsOf(site)).filter(isKind)
}

function actsOf(site: Site): Readonly<Partial<Record<FaultKind, Act>>> {
  return { ...acts, ...reshards(site), ...site.acts }
}

const nobody: readonly string[] = []

/** What happens to processes, whatever they work on. */
const acts = {
  async 'kill-worker'({ pick }, fleet) {
    const worker = pickOf(fleet.workers, pick)
    fleet.kill(worker)
    return namesOf(worker)
  },

  'freeze-worker': freeze,
  'pause-worker': freeze,

  async 'replace-worker'({ pick }, fleet) {
    const worker = pickOf(awake(fleet), pick)
    if (worker === undefined) return nobody
    await fleet.startWorker()
    await fleet.dismiss(worker)
    return [worker.name]
  },

  async 'join-worker'(_, fleet) {
    if (fleet.workers.length >= mostWorkers) return nobody
    const worker = await fleet.startWorker()
    await fleet.ready(worker)
    return [worker.name]
  },

  async 'leave-worker'({ pick }, fleet) {
    const worker = fleet.workers.length > fewestWorkers ? pickOf(awake(fleet), pick) : undefined
    if (worker !== undefined) await fleet.dismiss(worker)
    return namesOf(worker)
  },

  'rolling-deploy': (_, fleet) => deploy(fleet),

  async 'kill-collector'(_, fleet) {
    fleet.killCollector()
    return ['collector']
  },

  async 'kill-all'(_, fleet) {
    const all = fleet.workers
    for (const worker of all) fleet.kill(worker)
    fleet.killCollector()
    return [...all.map(({ name }) => name), 'collector']
  },
} satisfies Partial<Record<FaultKind, Act>>

function reshards(site: Site) {
  const reshardRaw =
    (reshard: Reshard): Act =>
    ({ pick }) =>
      patiently(site, backend => reshard(backend, streams.raw, pick))
  return { 'split-shard': reshardRaw(split), 'merge-shards': reshardRaw(merge) }
}

/** One deploy at a time. What was killed meanwhile is new already. */
const deploying = new WeakSet<Fleet>()

export async function deploy(fleet: Fleet): Promise<readonly string[]> {
  if (deploying.has(fleet)) return nobody
  deploying.add(fleet)
  const old = fleet.workers
  for (const worker of old) {
    if (!worker.alive) continue
    await fleet.ready(await fleet.startWorker())
    await fleet.dismiss(worker)
  }
  deploying.delete(fleet)
  return old.map(({ name }) => name)
}

/**
 * The disk may be full, or a file locked, at the moment. The files are open no longer than that: when everybody else has
 * been killed, nobody may have them open, so that the next one has to mend them.
 */
async function patiently(site: Site, act: (backend: Backend) => Promise<readonly string[]>) {
  for (let tries = 0; tries < 20; tries++) {
    const backend = site.open()
    try {
      return await act(backend)
    } catch (error) {
      if (!(error instanceof MillraceError) || !error.retryable) throw error
      await systemClock.sleep(500)
    } finally {
      await backend.close()
    }
  }
  return nobody
}

async function freeze({ pick, forMs }: PlannedFault, fleet: Fleet): Promise<readonly string[]> {
  const worker = pickOf(awake(fleet), pick)
  worker?.freeze()
  await systemClock.sleep(forMs)
  worker?.thaw()
  return namesOf(worker)
}

const awake = (fleet: Fleet) => fleet.workers.filter(({ frozen }) => !frozen)

function namesOf(worker: Program | undefined): readonly string[] {
  return worker === undefined ? nobody : [worker.name]
}
