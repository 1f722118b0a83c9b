import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { systemClock } from '../../src/lib/index.ts'
import type { MillraceEvent } from '../../src/observe/index.ts'
import { startWorkerProcess, type WorkerProcess } from '../../src/service/index.ts'
import { leaseMs, type Ground } from './ground.ts'
import type { LeaseNote } from './judge.ts'

const documents = { igluConfig: null, enrichments: [] }
const program = join(import.meta.dirname, '..', '..', 'src', 'cli.ts')

export interface Told {
  readonly at: number
  readonly worker: string
  readonly event: MillraceEvent
}

/** Millrace's processes on this ground, and what they told. */
export class MillraceFleet {
  readonly told: Told[] = []
  readonly #ground: Ground
  readonly #workers = new Map<string, WorkerProcess>()

  constructor(ground: Ground) {
    this.#ground = ground
  }

  async start(name: string): Promise<void> {
    const observe = (event: MillraceEvent) => void this.told.push({ at: Date.now(), worker: name, event })
    const orders = { config: this.#ground.config, documents }
    this.#workers.set(name, await startWorkerProcess(name, orders, { clock: systemClock, observe }))
  }

  /** Drains it. */
  async stop(name: string): Promise<void> {
    await this.#workers.get(name)?.stop('interop')
    this.#workers.delete(name)
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#workers.keys()].map(name => this.stop(name)))
  }

  count(matches: (event: MillraceEvent) => boolean, since = 0): number {
    return this.told.filter(({ at, event }) => at >= since && matches(event)).length
  }

  notes(): LeaseNote[] {
    return this.told.flatMap(({ at, event }): LeaseNote[] => {
      if (event.type === 'lease-lost') return [{ what: 'robbed', shardId: event.shardId, at }]
      return event.type === 'recovery-skipped' ? [{ what: 'foreign', shardId: event.shardId, at }] : []
    })
  }

  /** `millrace leases …` on the table, as a person runs it. */
  async leases(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
    const { dynamodbEndpoint } = this.#ground.standIns
    const whole = [program, 'leases', ...args, '--endpoint', dynamodbEndpoint, '--region', 'us-east-1']
    const child = spawn(process.execPath, whole, { timeout: 20 * leaseMs })
    const [out, err, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    return { code: Number(code ?? -1), out, err }
  }
}
