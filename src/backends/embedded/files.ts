import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { MillraceError, type Clock } from '../../lib/index.ts'
import { Bell } from './bell.ts'
import { Hub } from './hub.ts'
import { FileThread, type HeartbeatThread, type LogThread, type Purpose } from './thread.ts'

export interface FilesOptions {
  readonly directory: string
  readonly clock: Clock
  readonly durability: 'process' | 'disk'
  readonly busyMs: number
  readonly maxPageCount?: number
}

/** Whether anybody has made a stream in the directory. Makes nothing itself; false for what is no directory. */
export function holdsStreams(directory: string): boolean {
  try {
    return readdirSync(directory).some(name => name === outputsName || /^raw-.*\.db$/.test(name))
  } catch {
    return false
  }
}

const outputsName = 'outputs.db'

/** A log file with its thread, and what wakes its readers. */
export interface Log {
  readonly thread: LogThread
  readonly hub: Hub
}

// How often the process that writes a file removes what is too old, and gives space back.
const tendMs = 1000

// Kinesis' own rule, and safe in a file name.
const streamName = /^[a-zA-Z0-9_.-]{1,128}$/

/**
 * The files of one directory:
 *
 * - `raw-<stream>.db`, one for each raw stream. Every commit reaches the disk (synchronous=FULL) before the producer
 *   hears of it, and before any reader sees it. A power cut takes nothing that was acknowledged.
 * - `outputs.db`: output streams, positions and fences (NORMAL). A power cut may take the newest commits, but then it
 *   takes outputs together with the positions that cover them: they are made again from the raw stream, once.
 * - `heartbeats.db` (NORMAL): who works on what. A power cut ends every worker anyway; counters that went back are
 *   lifted above the fences by the next take.
 *
 * A process that is killed takes nothing from any of them: what it had committed lies with the system.
 */
export class Files {
  readonly #options: FilesOptions
  readonly #logs = new Map<string, Log>()
  readonly #tended = new Set<LogThread>()
  readonly #stop = new AbortController()
  /** Rings when a lease is let go or asked for, by whatever process. */
  readonly bell = new Bell()
  #heartbeats: HeartbeatThread | undefined
  #closed: Promise<void> | undefined

  constructor(options: FilesOptions) {
    this.#options = options
  }

  get clock(): Clock {
    return this.#options.clock
  }

  /** The file that holds the stream, or would. */
  of(stream: string): Log {
    const path = this.#rawPath(stream)
    return this.#logs.has(path) || existsSync(path) ? this.raw(stream) : this.outputs()
  }

  raw(stream: string): Log {
    return this.#log(this.#rawPath(stream), this.#options.durability === 'disk' ? 'FULL' : 'NORMAL')
  }

  outputs(): Log {
    return this.#log(join(this.#options.directory, outputsName), 'NORMAL')
  }

  heartbeats(): HeartbeatThread {
    const { directory, busyMs, clock } = this.#options
    if (this.#heartbeats !== undefined) return this.#heartbeats
    const path = join(directory, 'heartbeats.db')
    this.#heartbeats = new FileThread(
      { kind: 'heartbeats', path, synchronous: 'NORMAL', busyMs },
      { clock, onChange: () => this.bell.ring() },
    )
    this.bell.attach(this.#heartbeats)
    return this.#heartbeats
  }

  /** From now on this process trims the file: it is one of those that make it grow. */
  tend({ thread }: Log): void {
    if (this.#tended.has(thread)) return
    this.#tended.add(thread)
    void this.#keepTending(thread)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#stop.abort()
    const threads = [...this.#logs.values()].map(log => log.thread)
    await Promise.all([...threads, this.#heartbeats].map(async thread => thread?.close()))
  }

  #rawPath(stream: string): string {
    if (streamName.test(stream)) return join(this.#options.directory, `raw-${stream}.db`)
    const message = `cannot use the stream name ${JSON.stringify(stream)}: choose 1 to 128 of a-z, A-Z, 0-9, _, . and -`
    throw new MillraceError('config', message, { retryable: false })
  }

  #log(path: string, synchronous: 'FULL' | 'NORMAL'): Log {
    const known = this.#logs.get(path)
    if (known !== undefined) return known
    const { busyMs, maxPageCount, clock } = this.#options
    const limit = maxPageCount === undefined ? {} : { maxPageCount }
    const hub = new Hub()
    const thread: LogThread = new FileThread(
      { kind: 'log', path, synchronous, busyMs, ...limit },
      { clock, onChange: changed => hub.changed(changed) },
    )
    hub.attach(thread)
    const log = { thread, hub }
    this.#logs.set(path, log)
    return log
  }

  async #keepTending(thread: LogThread): Promise<void> {
    const { signal } = this.#stop
    const purpose: Purpose = { code: 'store', doing: 'remove old records' }
    while (!signal.aborted) {
      // What fails here fails in the next call of a writer too, and is told there.
      const more = await thread.call(purpose, 'tend', this.clock.now()).catch(() => false)
      if (!more) await this.clock.sleep(tendMs, signal)
    }
  }
}
