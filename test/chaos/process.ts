import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const cli = join(import.meta.dirname, '..', '..', 'src', 'cli.ts')

export interface ProgramOptions {
  /** Stands for this process in the logs and in the journal. */
  readonly name: string
  /** Of `millrace`. */
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Of Node. */
  readonly execArgv?: readonly string[]
  /** Gets what the process logs. A file, so that nobody has to read in time for the process to go on. */
  readonly logPath: string
}

/** Everything that this process has started and that has not ended. */
const running = new Set<Program>()

/** One `millrace` process. */
export class Program {
  readonly name: string
  readonly logPath: string
  readonly startedAt = Date.now()
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  #frozen = 0
  #ready = false

  constructor({ name, args, env, execArgv = [], logPath }: ProgramOptions) {
    this.name = name
    this.logPath = logPath
    const log = openSync(logPath, 'a')
    this.#child = spawn(process.execPath, [...execArgv, cli, ...args], {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...env },
    })
    closeSync(log)
    running.add(this)
    this.ended = new Promise(resolve => this.#child.once('exit', () => resolve()))
    void this.ended.then(() => running.delete(this))
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** It has logged that it works. */
  get ready(): boolean {
    this.#ready ||= readFileSync(this.logPath, 'utf8').includes('"worker-ready"')
    return this.#ready
  }

  get frozen(): boolean {
    return this.#frozen > 0
  }

  /** `0`, or whatever else it ended with. */
  get exit(): string {
    return String(this.#child.exitCode ?? this.#child.signalCode)
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** May be nested: it goes on when everybody who froze it has let go. */
  freeze(): void {
    if (this.#frozen++ === 0) this.signal('SIGSTOP')
  }

  thaw(): void {
    if (--this.#frozen === 0) this.signal('SIGCONT')
  }

  /** Resolves to false when it ends first, or takes longer. */
  async logged(text: string, withinMs: number): Promise<boolean> {
    const deadline = Date.now() + withinMs
    while (this.alive && Date.now() < deadline) {
      if (readFileSync(this.logPath, 'utf8').includes(text)) return true
      await new Promise(resolve => setTimeout(resolve, 25))
    }
    return false
  }
}

/** For the end of a campaign that did not come to its end. Synchronous: it may be the last thing that is done. */
export function killAll(): void {
  for (const program of running) program.signal('SIGKILL')
}
