import { Worker } from 'node:worker_threads'
import {
  answerWanted,
  openAssets,
  type AssetSent,
  type AssetStore,
  type AssetWanted,
} from '../assets/index.ts'
import { omissions } from '../core/index.ts'
import { messageOf, MillraceError } from '../lib/index.ts'
import { OpenCircuits, type MillraceEvent, type Observe } from '../observe/index.ts'
import type { CoreSetup } from './core-setup.ts'
import type { Enricher } from './enricher.ts'
import { packBatch, unpackOutputs, type Batch, type Enriched } from './job.ts'
import type { Reply, Told } from './reply.ts'

export interface ThreadPoolOptions {
  readonly threads: number
  readonly setup: CoreSetup
  /** A thread that has worked on one batch for longer than this is ended: an enrichment hangs. */
  readonly batchTimeoutMs: number
  readonly observe: Observe
  /** Fetches the files of all threads into memory that they share. */
  readonly assets?: Pick<AssetStore, 'bytesOf' | 'subscribe'>
  /** What a thread runs; tests hand in one that misbehaves. */
  readonly program?: URL
}

type Message = Reply | Told | AssetWanted

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
// What grows beyond this limit is one hostile record, and ends with its thread. The young generation is that of the
// process: a flag of V8's outweighs the limit of a thread (lean-process.ts); without it, this is as much.
const threadLimits = { maxYoungGenerationSizeMb: 12, maxOldGenerationSizeMb: 768 }

const threadProgram = new URL(`./thread.${extension}`, import.meta.url)

/** The thread ended or hung while it worked on a batch. */
class ThreadBroken extends Error {
  override readonly name = 'ThreadBroken'
}

/**
 * Enriches in threads of their own, so that no enrichment, however slow, keeps this thread from renewing leases.
 *
 * A batch that breaks its thread (endless loop, out of memory) is tried again record by record, each in a thread that
 * nothing else shares at that moment; a record that breaks its thread once more becomes a generic_error, and the shard
 * goes on.
 */
export class ThreadPool implements Enricher {
  readonly #threads: EnrichThread[]
  readonly #waiting: ((thread: EnrichThread) => void)[] = []
  readonly #idle: EnrichThread[]
  readonly #unsubscribe: () => void

  constructor(options: ThreadPoolOptions) {
    const assets = options.assets ?? openAssets({ observe: options.observe })
    this.#threads = Array.from(
      { length: options.threads },
      (_, i) => new EnrichThread(i, { ...options, assets }),
    )
    this.#idle = [...this.#threads]
    this.#unsubscribe = assets.subscribe((uri, bytes) => {
      for (const thread of this.#threads) thread.send({ asset: uri, bytes })
    })
  }

  /**
   * Resolves when every thread has loaded its program and built its core, which takes the better part of a second: no
   * shard should wait for that. A thread that cannot tells so to whoever sends it a batch.
   */
  async warmUp(): Promise<void> {
    const nothing = { stream: '', shardId: '', records: [] }
    await Promise.allSettled(this.#threads.map(() => this.#run(nothing)))
  }

  async enrich(batch: Batch): Promise<Enriched> {
    try {
      return await this.#run(batch)
    } catch (error) {
      if (!(error instanceof ThreadBroken)) throw error
      return await this.#oneByOne(batch)
    }
  }

  async close(): Promise<void> {
    this.#unsubscribe()
    await Promise.all(this.#threads.map(thread => thread.end()))
  }

  async #oneByOne(batch: Batch): Promise<Enriched> {
    const parts: Enriched[] = []
    for (const record of batch.records) parts.push(await this.#alone({ ...batch, records: [record] }))
    return {
      outputs: parts.flatMap(({ outputs }) => outputs),
      omitted: Object.fromEntries(
        omissions.map(what => [what, parts.reduce((sum, { omitted }) => sum + (omitted[what] ?? 0), 0)]),
      ),
      free: () => parts.forEach(part => part.free()),
    }
  }

  async #alone(batch: Batch): Promise<Enriched> {
    try {
      return await this.#run(batch)
    } catch (error) {
      if (!(error instanceof ThreadBroken)) throw error
      return await this.#run({ ...batch, condemned: error.message })
    }
  }

  async #run(batch: Batch): Promise<Enriched> {
    const thread =
      this.#idle.pop() ?? (await new Promise<EnrichThread>(resolve => this.#waiting.push(resolve)))
    try {
      return unpackOutputs(await thread.run(packBatch(batch)), batch)
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#idle.push(thread)
      else next(thread)
    }
  }
}

type ThreadOptions = ThreadPoolOptions & Required<Pick<ThreadPoolOptions, 'assets'>>

/** One thread, replaced by a new one when it breaks. Works on one batch at a time. */
class EnrichThread {
  readonly #number: number
  readonly #options: ThreadOptions
  /** The files that the thread of now has asked for. */
  #wanted = new Set<string>()
  /** Those of the thread of now. */
  #circuits = new OpenCircuits()
  #worker: Worker | undefined
  #ended = false

  constructor(number: number, options: ThreadOptions) {
    this.#number = number
    this.#options = options
  }

  async run(job: ArrayBuffer): Promise<ArrayBuffer> {
    if (this.#ended) {
      throw new MillraceError('enrichment', 'the enrichment threads were ended', { retryable: true })
    }
    const worker = (this.#worker ??= this.#start())
    try {
      const reply = await this.#reply(worker, job)
      if ('outputs' in reply) return reply.outputs
      const { code, message, retryable } = reply.error
      // Another one may do better: registries, scripts and files are not the same at every time.
      if (reply.unbuilt === true) await this.#discard(worker, `${notBuilt}: ${message}`)
      throw new MillraceError(code, message, { retryable })
    } catch (error) {
      if (error instanceof ThreadBroken) await this.#discard(worker, error.message)
      throw error
    }
  }

  /** A batch that is under way is given up, and no thread is started any more. */
  async end(): Promise<void> {
    this.#ended = true
    await this.#worker?.terminate()
  }

  /** A newer file, for a thread that has asked for it. */
  send(sent: AssetSent): void {
    if (this.#wanted.has(sent.asset)) this.#worker?.postMessage(sent, [])
  }

  #start(): Worker {
    const { program = threadProgram, setup } = this.#options
    const worker = new Worker(program, {
      workerData: setup,
      resourceLimits: threadLimits,
    })
    this.#wanted = new Set()
    this.#circuits = new OpenCircuits()
    worker.on('message', (message: Message) => {
      if ('event' in message) this.#tell(worker, message.event)
      if ('wanted' in message) void this.#answer(worker, message)
    })
    // It may also break between two batches, when nobody else listens: an error event would then end the process.
    worker.on('error', error => this.#forget(worker, failed(error)))
    worker.on('exit', code => this.#forget(worker, ended(code)))
    return worker
  }

  #tell(worker: Worker, event: MillraceEvent): void {
    // The circuits of a thread that is given up are accounted for.
    if (event.type === 'circuit-changed' && this.#worker !== worker) return
    this.#circuits.observe(event)
    this.#options.observe(event)
  }

  /** What is newer by the time of the answer is sent after it. */
  async #answer(worker: Worker, { wanted }: AssetWanted): Promise<void> {
    this.#wanted.add(wanted)
    const sent = await answerWanted(wanted, this.#options.assets)
    worker.postMessage(sent, [])
  }

  /** Sends a job and waits for one of: its reply, the thread's end, the deadline. */
  #reply(worker: Worker, job: ArrayBuffer): Promise<Reply> {
    const { batchTimeoutMs } = this.#options
    const listening = new AbortController()
    return new Promise<Reply>((resolve, reject) => {
      const broken = (why: string) => reject(new ThreadBroken(why))
      const deadline = setTimeout(() => broken(`took longer than ${batchTimeoutMs} ms`), batchTimeoutMs)
      const onMessage = (message: Message) => {
        if (!('event' in message || 'wanted' in message)) resolve(message)
      }
      const onError = (error: unknown) => broken(failed(error))
      const onExit = (code: number) => broken(ended(code))
      worker.on('message', onMessage).once('error', onError).once('exit', onExit)
      listening.signal.addEventListener('abort', () => {
        clearTimeout(deadline)
        worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      })
      worker.postMessage(job, [job])
    }).finally(() => listening.abort())
  }

  async #discard(worker: Worker, error: string): Promise<void> {
    this.#forget(worker, error)
    await worker.terminate()
  }

  /** The next batch gets a new thread. */
  #forget(worker: Worker, error: string): void {
    if (this.#worker !== worker || this.#ended) return
    this.#worker = undefined
    const openCircuits = this.#circuits.names()
    const left = openCircuits.length > 0 && { openCircuits }
    this.#options.observe({ type: 'thread-restarted', thread: this.#number, error, ...left })
  }
}

const notBuilt = 'the enrichment thread could not start'

function failed(error: unknown): string {
  return `the enrichment thread failed: ${messageOf(error)}`
}

function ended(code: number): string {
  return `the enrichment thread ended with code ${code}`
}
