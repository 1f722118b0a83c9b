import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { awsSite } from './aws-site.ts'
import { embeddedSite } from './embedded-site.ts'
import { Fleet, streams } from './fleet.ts'
import type { LogLine } from './log.ts'
import { readLogs } from './log.ts'
import type { Logs, Written } from './oracle.ts'
import type { PlantName } from './planted.ts'
import { killAll } from './process.ts'
import type { BackendName, Site } from './site.ts'
import { readRaw, readWritten, waitForOutputs } from './streams.ts'

export interface PipelineOptions {
  readonly backend: BackendName
  readonly seed: number
  readonly seconds: number
  readonly eventsPerSecond: number
  readonly workers: number
  /** Of the raw stream, at first. */
  readonly shards: number
  readonly say: (line: string) => void
  /** Leave the files where they are, for a person to look at. */
  readonly keep?: boolean
  /** A bug that every process is to have. */
  readonly plant?: PlantName
}

/** A collector and workers, each a process of its own. */
export interface Pipeline {
  readonly site: Site
  readonly fleet: Fleet
}

/** What went in and what came out. */
export interface Remains {
  readonly logs: Logs
  /** Everything in the output streams, copies and all. */
  readonly inStream: readonly Written[]
  readonly lines: readonly LogLine[]
}

/**
 * How long nothing may come out, with raw records still waiting, before what is missing counts as lost. Longer than any
 * worker waits before it tries a shard again.
 */
const patienceMs = 90_000

/** Starts a pipeline, lets `act` do to it what it wants while traffic goes in, and reads what is left. */
export async function runPipeline<T>(
  options: PipelineOptions,
  act: (pipeline: Pipeline) => Promise<{ sent: Logs['sent']; done: T }>,
): Promise<Remains & { readonly done: T; readonly pipeline: Pipeline }> {
  await using cleanUp = new AsyncDisposableStack()
  const home = mkdtempSync(join(tmpdir(), 'millrace-chaos-'))
  const undo = undoer(options, home, keep => site?.end(keep))
  cleanUp.defer(undo)
  const site = await siteOf(options, home)
  for (const line of site.missing) options.say(line)
  const { shards, plant, workers } = options
  const fleet = await Fleet.open({ site, shards, notes: home, ...(plant && { plant }) })
  const starting = await Promise.all(Array.from({ length: workers }, () => fleet.startWorker()))
  const ready = await Promise.all([fleet.startCollector(), ...starting.map(worker => fleet.ready(worker))])
  if (ready.includes(false)) throw new Error('a process did not start: see its log')
  const { sent, done } = await act({ site, fleet })
  const remains = await readBack(fleet, site, sent)
  return { ...remains, lines: readLogs(fleet.programs), done, pipeline: { site, fleet } }
}

function siteOf(
  { backend, seed, seconds, eventsPerSecond }: PipelineOptions,
  home: string,
): Promise<Site> | Site {
  if (backend === 'aws-local') return awsSite(seed)
  // Everything that a campaign brings: raw records, outputs, and the WALs beside them.
  const bytes = 256 * 1024 * 1024 + seconds * eventsPerSecond * 8 * 1024
  return embeddedSite(join(home, 'data'), bytes)
}

/** Lets the workers finish, stops them, and reads what lies in the streams then. */
async function readBack(fleet: Fleet, site: Site, sent: Logs['sent']): Promise<Omit<Remains, 'lines'>> {
  await fleet.stopCollector()
  await site.calm()
  const backend = site.open()
  await using closing = new AsyncDisposableStack()
  closing.defer(() => backend.close())
  const raw = await readRaw(backend)
  const events = raw.reduce((sum, { eventIds }) => sum + eventIds.length, 0)
  await waitForOutputs(backend, events, patienceMs)
  // What has come by then and was not waited for came twice, or late.
  await fleet.stopWorkers()
  const [good, bad] = [await readWritten(backend, 'good'), await readWritten(backend, 'bad')]
  const shards = await backend.listShards(streams.raw)
  const inStream = [...good.inStream, ...bad.inStream]
  const written = site.once === 'in-stream' ? inStream : [...good.afterReader, ...bad.afterReader]
  const late = site.once === 'after-reader' ? { repeats: true, batchRecords: site.batchRecords } : {}
  return { logs: { sent, raw, written, shards, ...late }, inStream }
}

/** Ends every process and removes every trace, also when this process is ended. Does it once. */
function undoer({ keep = false }: PipelineOptions, home: string, end: (keep: boolean) => void): () => void {
  let undone = false
  const undo = (): void => {
    if (undone) return
    undone = true
    process.off('exit', undo)
    killAll()
    end(keep)
    if (keep) console.error(`kept: ${home}`)
    else rmSync(home, { recursive: true, force: true })
  }
  process.on('exit', undo)
  return undo
}
