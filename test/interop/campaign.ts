import { systemClock } from '../../src/lib/index.ts'
import { Crew, type CrewOptions } from './crew.ts'
import { application, leaseMs, shards } from './ground.ts'
import type { JavaWorker } from './java-worker.ts'
import type { Side } from './judge.ts'
import { sendNumbered } from './traffic.ts'

export interface CampaignOptions extends CrewOptions {
  readonly say: (line: string) => void
}

export interface Phase {
  readonly name: string
  readonly from: number
  /** Since the last of the other side had ended, until every open shard was worked on; absent where both were there. */
  takeOverMs?: number
}

/** A check on the way that can fail. */
export interface Claim {
  readonly what: string
  readonly holds: boolean
  readonly found: string
}

/** The shards that a split and a merge close. */
const closed = ['shardId-000000000000', 'shardId-000000000004', 'shardId-000000000005']
/** What each phase is worth looking at for. */
const recordsEach = 250

/** The phases of one run: who works when. Throws when a phase comes to nothing. */
export class Campaign {
  readonly phases: Phase[] = []
  readonly claims: Claim[] = []
  readonly crew: Crew
  readonly #options: CampaignOptions
  readonly #traffic = new AbortController()
  readonly #sent: Promise<number>
  #endedAt = Date.now()

  constructor(options: CampaignOptions) {
    this.#options = options
    this.crew = new Crew(options)
    const { backend, config } = options.ground
    this.#sent = sendNumbered(backend.producer(config.streams.raw.name), this.#traffic.signal)
  }

  /** Returns how many records were put. */
  async run(): Promise<number> {
    await this.#javaMakesTheTable()
    await this.#millraceTakesOver()
    await this.#javaGoesOn()
    await this.#millraceMovesIn()
    await this.#javaMovesBack()
    await this.#mixed()
    this.#traffic.abort()
    return await this.#sent
  }

  async stop(): Promise<void> {
    this.#traffic.abort()
    await this.crew.stop()
  }

  async #javaMakesTheTable(): Promise<void> {
    this.#begin('java alone')
    const worker = this.crew.startJava()
    await this.#worked('java')
    const { out } = await this.crew.fleet.leases('list', '--json', '--table', application)
    const rows = out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { owner?: string; foreign?: boolean })
    const foreign = rows.filter(({ owner, foreign }) => owner === worker.name && foreign === true)
    this.#claim('leases list shows the rows of KCL as another program’s', foreign.length === shards, out)
    const release = ['release', '--table', application, '--failover', `${leaseMs}ms`]
    const { code, err } = await this.crew.fleet.leases(...release)
    this.#claim(
      'leases release leaves what KCL renews alone',
      code !== 0 && /is being renewed/.test(err),
      err,
    )
    await this.#stopJava(worker)
  }

  async #millraceTakesOver(): Promise<void> {
    const from = this.#begin('millrace takes over')
    await this.crew.fleet.start('m1')
    await this.#worked('millrace')
    const skipped = this.crew.fleet.count(event => event.type === 'recovery-skipped', from)
    this.#claim(
      'a take of a row of KCL is said aloud, once for each shard',
      skipped === shards,
      `${skipped} times`,
    )
    await this.#stopMillrace('m1')
  }

  async #javaGoesOn(): Promise<void> {
    this.#begin('java goes on')
    const worker = this.crew.startJava()
    await this.#worked('java')
    await this.#stopJava(worker)
    const { out } = await this.crew.fleet.leases(
      'release',
      '--table',
      application,
      '--failover',
      `${leaseMs}ms`,
    )
    this.#claim(
      'leases release frees what a stopped KCL still holds',
      out.startsWith(`${shards} of ${shards}`),
      out,
    )
  }

  async #millraceMovesIn(): Promise<void> {
    const moved = await this.crew.fleet.leases(
      'import',
      '--from-table',
      application,
      '--failover',
      `${leaseMs}ms`,
    )
    this.#claim(
      'leases import in place',
      moved.out.includes(`${shards} leases written`),
      moved.out + moved.err,
    )
    this.#endedAt = Date.now()
    const from = this.#begin('millrace, moved in')
    await this.crew.fleet.start('m2')
    await this.#worked('millrace')
    const skipped = this.crew.fleet.count(event => event.type === 'recovery-skipped', from)
    this.#claim('after an import nothing is in doubt', skipped === 0, `${skipped} times`)
    await this.#stopMillrace('m2')
  }

  async #javaMovesBack(): Promise<void> {
    const moved = await this.crew.fleet.leases('export', '--table', application, '--failover', `${leaseMs}ms`)
    const names = (await this.#options.ground.leases()).flatMap(item => Object.keys(item))
    const ours = names.filter(name => name.startsWith('millrace'))
    this.#claim(
      'leases export leaves nothing of ours',
      ours.length === 0,
      moved.out + moved.err + ours.join(' '),
    )
    this.#endedAt = Date.now()
    this.#begin('java, moved back')
    this.crew.startJava()
    await this.#worked('java')
  }

  /** Both at once: a Java worker is killed, another robs, a shard is split and merged, a Millrace worker is stopped. */
  async #mixed(): Promise<void> {
    const { backend, config } = this.#options.ground
    const raw = config.streams.raw.name
    const from = this.#begin('mixed')
    await this.crew.fleet.start('m3')
    await this.crew.fleet.start('m4')
    // Both ask Java, which does not listen.
    await systemClock.sleep(2 * leaseMs)
    const early = this.crew.fleet.count(event => event.type === 'lease-taken', from)
    this.#claim('Millrace takes nothing that KCL renews', early === 0, `${early} leases`)
    this.#say('kill -9 of the Java worker')
    for (const worker of this.crew.java) worker.kill()
    await this.#worked('millrace')
    const robbed = this.#begin('mixed: java robs')
    const robber = this.crew.startJava()
    await this.crew.until('Java robs', () => robber.follow().some(({ kind }) => kind === 'record'))
    await this.crew.both(robbed)
    const split = this.#begin('mixed: split')
    this.#claim('split', (await backend.splitShard(raw, 'shardId-000000000000')) === 'split', 'refused')
    await this.crew.children(split)
    await this.crew.both(split)
    const stopped = this.#begin('mixed: a millrace worker stops')
    await this.crew.fleet.stop('m3')
    await this.crew.both(stopped)
    const merged = this.#begin('mixed: merge, and java is killed')
    this.#claim(
      'merge',
      (await backend.mergeShards(raw, 'shardId-000000000004', 'shardId-000000000005')) === 'merged',
      'refused',
    )
    robber.kill()
    await this.crew.children(merged)
    await this.#worked('millrace')
    await this.#cleanedUp()
  }

  /** KCL removes the rows of ended shards that the stream still has; Millrace, started then, must not begin with them. */
  async #cleanedUp(): Promise<void> {
    const { ground } = this.#options
    const from = this.#begin('mixed: java cleans up')
    this.crew.startJava()
    await this.crew.until('both work', () => this.crew.doneOn('java', from).size > 0)
    const removed = async () =>
      (await ground.leases()).every(({ leaseKey }) => !closed.includes(leaseKey?.S ?? ''))
    await this.crew.until('KCL removes the rows of ended shards', removed)
    await this.crew.fleet.start('m5')
    await this.crew.until('Millrace lists the shards', () =>
      this.crew.fleet.told.some(({ worker, event }) => worker === 'm5' && event.type === 'leases-scanned'),
    )
    await this.crew.both(Date.now())
    await systemClock.sleep(3 * leaseMs)
    const again = [
      ...this.crew.doneOn('millrace', from).keys(),
      ...this.crew.doneOn('java', from).keys(),
    ].filter(shardId => closed.includes(shardId))
    this.#claim(
      'nobody begins again with a shard whose row KCL removed',
      again.length === 0,
      again.join(', '),
    )
  }

  #begin(name: string): number {
    const from = Date.now()
    this.phases.push({ name, from })
    this.#say(`phase: ${name}`)
    return from
  }

  #claim(what: string, holds: boolean, found: string): void {
    this.claims.push({ what, holds, found: found.trim().slice(-400) })
    this.#say(`${holds ? 'yes' : 'NO '} ${what}${holds ? '' : `: ${found}`}`)
  }

  #say(line: string): void {
    this.#options.say(`${new Date().toISOString().slice(11, 19)} ${line}`)
  }

  async #stopJava(worker: JavaWorker): Promise<void> {
    const stopped = await worker.stop()
    this.#claim('KCL stops when it is told to', stopped, worker.name)
    this.#endedAt = Date.now()
  }

  async #stopMillrace(name: string): Promise<void> {
    await this.crew.fleet.stop(name)
    this.#endedAt = Date.now()
  }

  /** One side works on every open shard, and has come some way, since the phase began. */
  async #worked(side: Side): Promise<void> {
    const phase = this.phases.at(-1)
    const since = phase?.from ?? 0
    const open = await this.crew.open()
    await this.crew.until(`${side} works on every shard`, () => {
      const shardIds = this.crew.doneOn(side, since)
      return open.every(shardId => shardIds.has(shardId))
    })
    if (phase !== undefined && this.phases.length > 1 && !phase.name.startsWith('mixed'))
      phase.takeOverMs = Date.now() - this.#endedAt
    await this.crew.until(`${side} does ${recordsEach} records`, () => {
      const total = [...this.crew.doneOn(side, since).values()].reduce((sum, count) => sum + count, 0)
      return total >= recordsEach
    })
  }
}
