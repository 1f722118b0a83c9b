import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { openEmbedded } from '../../src/backends/embedded/index.ts'
import type { Backend } from '../../src/backends/index.ts'
import { MillraceError, systemClock } from '../../src/lib/index.ts'
import type { Shard } from '../../src/streams/index.ts'
import type { Disk } from './disk.ts'
import { streams, type Fleet } from './fleet.ts'
import type { FaultKind, PlannedFault } from './plan.ts'
import type { Program } from './process.ts'

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
  /** Where the pipeline keeps its files. */
  readonly data: string
  readonly disk: Disk | undefined
}

const fewestWorkers = 3
const mostWorkers = 6
const mostShards = 12
const fewestShards = 3

/** Does what was planned. Resolves, when it is over, with what was hit; with nothing when there was nothing to hit. */
export async function perform(planned: PlannedFault, victims: Victims): Promise<Fault | undefined> {
  const from = Date.now()
  const hit = await acts[planned.kind](planned, victims)
  return hit.length === 0 ? undefined : { kind: planned.kind, from, to: Date.now(), hit }
}

type Act = (planned: PlannedFault, victims: Victims) => Promise<readonly string[]>

const nobody: readonly string[] = []

const acts: Readonly<Record<FaultKind, Act>> = {
  async 'kill-worker'({ pick }, { fleet }) {
    const worker = pickOf(fleet.workers, pick)
    fleet.kill(worker)
    return namesOf(worker)
  },

  'freeze-worker': freeze,
  'pause-worker': freeze,

  async 'replace-worker'({ pick }, { fleet }) {
    const worker = pickOf(awake(fleet), pick)
    if (worker === undefined) return nobody
    fleet.startWorker()
    await fleet.dismiss(worker)
    return [worker.name]
  },

  async 'join-worker'(_, { fleet }) {
    if (fleet.workers.length >= mostWorkers) return nobody
    const worker = fleet.startWorker()
    await fleet.ready(worker)
    return [worker.name]
  },

  async 'leave-worker'({ pick }, { fleet }) {
    const worker = fleet.workers.length > fewestWorkers ? pickOf(awake(fleet), pick) : undefined
    if (worker !== undefined) await fleet.dismiss(worker)
    return namesOf(worker)
  },

  'rolling-deploy': (_, { fleet }) => deploy(fleet),

  'split-shard': ({ pick }, { data }) => patiently(data, backend => split(backend, pick)),
  'merge-shards': ({ pick }, { data }) => patiently(data, backend => merge(backend, pick)),

  async 'kill-collector'(_, { fleet }) {
    fleet.killCollector()
    return ['collector']
  },

  async 'kill-all'(_, { fleet }) {
    const all = fleet.workers
    for (const worker of all) fleet.kill(worker)
    fleet.killCollector()
    return [...all.map(({ name }) => name), 'collector']
  },

  async 'disk-full'({ forMs }, { disk, data }) {
    if (disk === undefined) return nobody
    await script('empty-wal.ts', join(data, `raw-${streams.raw}.db`), join(data, 'outputs.db'))
    const full = disk.fill()
    await systemClock.sleep(forMs)
    return disk.empty() && full ? ['disk'] : nobody
  },

  'slow-leases': holdLock('heartbeats.db'),
  'stuck-leases': holdLock('heartbeats.db'),
  'slow-outputs': holdLock('outputs.db'),
  'slow-raw': holdLock(`raw-${streams.raw}.db`),
}

/** One deploy at a time. What was killed meanwhile is new already. */
const deploying = new WeakSet<Fleet>()

async function deploy(fleet: Fleet): Promise<readonly string[]> {
  if (deploying.has(fleet)) return nobody
  deploying.add(fleet)
  const old = fleet.workers
  for (const worker of old) {
    if (!worker.alive) continue
    await fleet.ready(fleet.startWorker())
    await fleet.dismiss(worker)
  }
  deploying.delete(fleet)
  return old.map(({ name }) => name)
}

async function split(backend: Backend, pick: number): Promise<readonly string[]> {
  const open = await openShards(backend)
  const shard = open.length < mostShards ? pickOf(open, pick) : undefined
  if (shard === undefined) return nobody
  return (await backend.splitShard(streams.raw, shard.shardId)) === 'split' ? [shard.shardId] : nobody
}

async function merge(backend: Backend, pick: number): Promise<readonly string[]> {
  const open = (await openShards(backend)).sort((a, b) => (a.startingHashKey < b.startingHashKey ? -1 : 1))
  const left = open.length > fewestShards ? Math.floor(pick * (open.length - 1)) : open.length
  const [a, b] = open.slice(left, left + 2).map(({ shardId }) => shardId)
  if (a === undefined || b === undefined) return nobody
  return (await backend.mergeShards(streams.raw, a, b)) === 'merged' ? [a, b] : nobody
}

/**
 * The disk may be full, or a file locked, at the moment. The files are open no longer than that: when everybody else has
 * been killed, nobody may have them open, so that the next one has to mend them.
 */
async function patiently(data: string, act: (backend: Backend) => Promise<readonly string[]>) {
  for (let tries = 0; tries < 20; tries++) {
    const backend = openEmbedded({ directory: data })
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

async function freeze({ pick, forMs }: PlannedFault, { fleet }: Victims): Promise<readonly string[]> {
  const worker = pickOf(awake(fleet), pick)
  worker?.freeze()
  await systemClock.sleep(forMs)
  worker?.thaw()
  return namesOf(worker)
}

function holdLock(file: string): Act {
  return async ({ forMs }, { data }) => {
    await script('hold-lock.ts', join(data, file), String(Math.round(forMs)))
    return [file]
  }
}

/** Runs a file of this folder in a process of its own. */
async function script(name: string, ...args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, name), ...args], { stdio: 'ignore' })
  await once(child, 'exit')
}

const awake = (fleet: Fleet) => fleet.workers.filter(({ frozen }) => !frozen)

async function openShards(backend: Backend): Promise<Shard[]> {
  return (await backend.listShards(streams.raw)).filter(({ endingSequence }) => endingSequence === undefined)
}

function pickOf<T>(items: readonly T[], pick: number): T | undefined {
  return items[Math.floor(pick * items.length)]
}

function namesOf(worker: Program | undefined): readonly string[] {
  return worker === undefined ? nobody : [worker.name]
}
