import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface JavaWorkerOptions {
  readonly name: string
  readonly classpath: string
  /** Where its journal and its log go. */
  readonly notes: string
  readonly settings: Readonly<Record<string, string>>
}

/** One line of a worker's journal. */
export interface JournalLine {
  readonly kind: string
  /** ms since the epoch, by this machine's clock. */
  readonly at: number
  readonly shardId: string
  readonly rest: readonly string[]
}

/** Longer than its own graceful shutdown may take. */
const stopMs = 40_000

const running = new Set<JavaWorker>()

/** For the end of a run that did not come to its end. */
export function killJava(): void {
  for (const worker of running) worker.kill()
}

/** A process with one worker of the Kinesis Client Library. */
export class JavaWorker {
  readonly name: string
  readonly journal: JournalLine[] = []
  /** ms since the epoch; absent while it lives. */
  endedAt: number | undefined
  readonly #child: ChildProcess
  readonly #journalPath: string
  readonly #ended: Promise<void>
  #offset = 0
  #rest = ''

  constructor({ name, classpath, notes, settings }: JavaWorkerOptions) {
    this.name = name
    this.#journalPath = join(notes, `${name}.journal`)
    closeSync(openSync(this.#journalPath, 'a'))
    const properties = { ...settings, worker: name, journal: this.#journalPath }
    const log = openSync(join(notes, `${name}.log`), 'a')
    this.#child = spawn(
      'java',
      [
        // Small, and soon up.
        '-Xmx160m',
        '-XX:+UseSerialGC',
        '-XX:TieredStopAtLevel=1',
        '-Dorg.slf4j.simpleLogger.showDateTime=true',
        ...Object.entries(properties).map(([key, value]) => `-D${key}=${value}`),
        '-cp',
        classpath,
        'interop.Worker',
      ],
      { stdio: ['ignore', log, log] },
    )
    closeSync(log)
    running.add(this)
    this.#ended = new Promise(resolve => {
      const end = () => {
        this.endedAt ??= Date.now()
        running.delete(this)
        resolve()
      }
      this.#child.once('error', end)
      this.#child.once('exit', end)
    })
  }

  get alive(): boolean {
    return running.has(this)
  }

  /** Reads on in the journal. */
  follow(): readonly JournalLine[] {
    const file = openSync(this.#journalPath, 'r')
    const chunk = Buffer.alloc(256 * 1024)
    for (;;) {
      const count = readSync(file, chunk, 0, chunk.length, this.#offset)
      if (count === 0) break
      this.#offset += count
      // One byte for each character: the journal is ASCII.
      this.#rest += chunk.toString('latin1', 0, count)
    }
    closeSync(file)
    const lines = this.#rest.split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      const [kind = '', at = '', shardId = '', ...rest] = line.split('\t')
      this.journal.push({ kind, at: Number(at), shardId, rest })
    }
    return this.journal
  }

  /** SIGTERM, which it answers with a checkpoint of every shard. False when it had to be killed after all. */
  async stop(): Promise<boolean> {
    this.#child.kill('SIGTERM')
    const late = new AbortController()
    const stopped = await Promise.race([
      this.#ended.then(() => true),
      sleep(stopMs, false, { signal: late.signal }).catch(() => false),
    ])
    late.abort()
    if (!stopped) this.kill()
    await this.#ended
    return stopped
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}
