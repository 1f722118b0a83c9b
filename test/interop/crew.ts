import { systemClock } from '../../src/lib/index.ts'
import { application, leaseMs, numberIn, type Ground } from './ground.ts'
import { JavaWorker } from './java-worker.ts'
import type { Done, Side } from './judge.ts'
import { MillraceFleet } from './millrace-fleet.ts'

export interface CrewOptions {
  readonly ground: Ground
  readonly classpath: string
  /** Of KCL 3: as what it runs. */
  readonly clientVersion?: string
}

/** KCL waits for up to 30 s when it finds no table. */
const patienceMs = 120_000

/** The workers of both sides, and how far they have come. */
export class Crew {
  readonly java: JavaWorker[] = []
  readonly fleet: MillraceFleet
  readonly #options: CrewOptions

  constructor(options: CrewOptions) {
    this.#options = options
    this.fleet = new MillraceFleet(options.ground)
  }

  async stop(): Promise<void> {
    const living = this.java.filter(({ alive }) => alive)
    await Promise.all([this.fleet.stopAll(), ...living.map(worker => worker.stop())])
  }

  /** What Java has written down so far. */
  javaDone(since = 0): Done[] {
    return this.java.flatMap(worker =>
      worker
        .follow()
        .filter(({ kind, at }) => kind === 'record' && at >= since)
        .map(({ shardId, at, rest: [sequence = '', subSequence = '', data = ''] }) => {
          const n = numberIn(Buffer.from(data, 'base64'))
          return {
            by: 'java',
            worker: worker.name,
            shardId,
            sequence,
            subSequence: Number(subSequence),
            n,
            at,
          }
        }),
    )
  }

  startJava(): JavaWorker {
    const { ground, classpath, clientVersion = '' } = this.#options
    const { endpoint, dynamodbEndpoint } = ground.standIns
    const worker = new JavaWorker({
      name: `j${this.java.length + 1}`,
      classpath,
      notes: ground.notes,
      settings: {
        stream: ground.config.streams.raw.name,
        application,
        kinesis: endpoint,
        dynamodb: dynamodbEndpoint,
        failoverMs: String(leaseMs),
        ...(clientVersion !== '' && { clientVersion }),
      },
    })
    this.java.push(worker)
    return worker
  }

  /** Each side works on something, and every open shard has been worked on. */
  async both(since: number): Promise<void> {
    const open = await this.open()
    await this.until('both work', () => {
      const [java, millrace] = [this.doneOn('java', since), this.doneOn('millrace', since)]
      return (
        java.size > 0 &&
        millrace.size > 0 &&
        open.every(shardId => java.has(shardId) || millrace.has(shardId))
      )
    })
  }

  /** The shards that this phase opened are worked on. */
  async children(since: number): Promise<void> {
    const open = await this.open()
    await this.until('the children are worked on', () =>
      open.every(
        shardId => this.doneOn('java', since).has(shardId) || this.doneOn('millrace', since).has(shardId),
      ),
    )
  }

  async open(): Promise<string[]> {
    const { backend, config } = this.#options.ground
    const all = await backend.listShards(config.streams.raw.name)
    return all.filter(({ endingSequence }) => endingSequence === undefined).map(({ shardId }) => shardId)
  }

  /** Records by shard. */
  doneOn(side: Side, since: number): Map<string, number> {
    const counts = new Map<string, number>()
    const add = (shardId: string, count: number) => counts.set(shardId, (counts.get(shardId) ?? 0) + count)
    if (side === 'java') {
      for (const worker of this.java)
        for (const { kind, at, shardId } of worker.follow())
          if (kind === 'record' && at >= since) add(shardId, 1)
    } else {
      for (const { at, event } of this.fleet.told)
        if (event.type === 'batch-committed' && event.records > 0 && at >= since)
          add(event.shardId, event.records)
    }
    return counts
  }

  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = Date.now() + patienceMs
    while (!(await holds())) {
      if (Date.now() > deadline) throw new Error(`${what}: not within ${patienceMs / 1000} s`)
      await systemClock.sleep(200)
    }
  }
}
