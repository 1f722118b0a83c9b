import { readBackDelivery, ReadBack } from '../../src/delivery/index.ts'
import type { OutputKind, OutputRecord, Source } from '../../src/streams/index.ts'
import type { Batch, Enriched } from '../../src/worker/job.ts'
import type { Enricher } from '../../src/worker/enricher.ts'
import { EnrichWorker } from '../../src/worker/worker.ts'
import type { MillraceEvent } from '../../src/observe/index.ts'
import { LeaseService } from './lease-service.ts'
import { Machine } from './machine.ts'
import { Network, calm } from './network.ts'
import { Oracle } from './oracle.ts'
import { Random } from './random.ts'
import type { Scenario } from './scenario.ts'
import { StreamService } from './stream-service.ts'
import { Timeline } from './timeline.ts'

export const outputStreams: readonly OutputKind[] = ['good', 'bad', 'failed', 'pii']

/** A process with a worker in it. */
export interface Process {
  readonly machine: Machine
  readonly worker: EnrichWorker
}

/** Servers and machines of one run. */
export class World {
  readonly timeline = new Timeline()
  readonly scenario: Scenario
  readonly random: Random
  readonly network: Network
  readonly leases: LeaseService
  readonly streams: StreamService
  readonly oracle: Oracle
  readonly processes = new Set<Process>()
  readonly #trace: string[] | undefined
  #started = 0

  constructor(scenario: Scenario, seed: number, trace?: string[]) {
    this.scenario = scenario
    this.random = new Random(seed)
    this.#trace = trace
    const { timeline, random } = this
    const { timers } = scenario
    this.network = new Network(timeline, random, scenario.skewMs)
    this.oracle = new Oracle({ timeline, timers, scenario, note: text => this.note(text) })
    this.leases = new LeaseService({
      timeline,
      random,
      network: this.network,
      timeoutMs: scenario.storeTimeoutMs,
      staleMs: 3000,
      ...(scenario.bellMs !== undefined && { bellMs: scenario.bellMs }),
      onWrite: this.oracle.wrote,
    })
    const { settleMs, visibleMs } = scenario
    const parts = {
      timeline,
      random,
      network: this.network,
      settleMs,
      visibleMs,
      pollMs: 250,
      listLagMs: scenario.listLagMs,
    }
    this.streams = new StreamService({ ...parts, witness: this.oracle })
    this.streams.create('raw', scenario.inputShards)
    for (const kind of outputStreams) this.streams.create(kind, scenario.outputShards)
  }

  note(text: string): void {
    this.#trace?.push(`${(this.timeline.now / 1000).toFixed(3).padStart(8)}  ${text}`)
  }

  rage(): void {
    this.network.faults = this.scenario.network
    this.streams.faults = this.scenario.streams
    this.leases.stale = this.scenario.staleScans
  }

  /** No fault from here on. */
  calm(): void {
    this.network.faults = calm
    this.network.mend()
    this.streams.mend()
    this.leases.stale = 0
  }

  put(events: string): void {
    const key = `key-${this.oracle.inputs.size}`
    const record = this.streams.append('raw', { partitionKey: key, data: Buffer.from(events) })
    const shardId =
      this.streams.stream('raw').shards.find(shard => shard.records.includes(record))?.shardId ?? ''
    const before = [...this.oracle.inputs.values()].filter(input => input.shardId === shardId)
    const ordinal = before.length + 1
    const sequence = Number(record.sequence)
    // Records become visible in order.
    const visibleAt = Math.max(before.at(-1)?.visibleAt ?? 0, this.streams.visibleAt('raw', record.sequence))
    this.oracle.inputs.set(`${shardId}:${sequence}`, {
      shardId,
      sequence,
      ordinal,
      events,
      visibleAt,
    })
    this.note(`input: ${shardId}:${sequence} ${events}`)
  }

  /** Somebody else's record, of which nothing is to be made. */
  putForeign(): void {
    for (const kind of outputStreams)
      this.streams.append(kind, { partitionKey: `other-${this.random.below(50)}`, data: Buffer.from('x') })
  }

  /** A new process, on a machine of its own whose clocks are a little wrong. */
  start(slot: number): Process {
    const { random, timeline, scenario } = this
    const name = scenario.reuseNames ? `w${slot}` : `w${slot}.${++this.#started}`
    const rate = 1 + (random.below(3) - 1) * scenario.clockDrift
    const machine = new Machine({ timeline, name, rate, wallOffset: random.between(-5000, 5000) })
    // Two processes of one name are still two.
    const witness = scenario.reuseNames ? `${name}#${++this.#started}` : name
    const worker = this.#worker(machine, name, witness)
    const process = { machine, worker }
    this.processes.add(process)
    this.note(`${name}: starts`)
    void worker.start()
    return process
  }

  crash(process: Process): void {
    this.processes.delete(process)
    if (process.machine.dead) return
    process.machine.crash()
    this.oracle.died(process.worker.id)
    this.note(`${process.machine.name}: crashes`)
  }

  /** SIGTERM: drains, and then the process ends. */
  async stop(process: Process): Promise<void> {
    this.note(`${process.machine.name}: is told to stop`)
    await process.worker.stop('test')
    this.crash(process)
  }

  #worker(machine: Machine, id: string, witness: string): EnrichWorker {
    const { scenario, streams, network, random } = this
    const { timers, maxBatchRecords } = scenario
    const { clock } = machine
    const observe = (event: MillraceEvent) => this.#told(machine, event)
    const serverDate = network.dates(machine)
    const outputs = new Map<OutputKind, Source>(
      outputStreams.map(kind => [kind, streams.source(machine, kind, 'output')]),
    )
    const readBack = new ReadBack({
      outputs,
      application: 'app',
      stream: 'raw',
      serverDate,
      dateSkewMs: timers.dateSkewMs,
      maxBatchBytes: 1e6,
      maxBatchRecords: scenario.readBackRecords,
      clock,
    })
    const sink = streams.sink(machine, witness)
    return new EnrichWorker({
      name: id,
      id,
      source: streams.source(machine, 'raw', 'input'),
      leaseStore: this.leases.connect(machine, this.oracle.witness(witness, machine)),
      delivery: readBackDelivery({
        sink,
        readBack,
        timers,
        serverDate,
        clock,
        observe,
        random: random.next,
      }),
      enricher: this.#enricher(machine),
      initialPosition: { at: 'trimHorizon' },
      timers: scenario.leases,
      maxLeases: 100,
      maxBatchBytes: 1e6,
      maxBatchRecords,
      maxBufferedBytes: 1e9,
      drainMs: random.chance(scenario.hasty) ? 200 : scenario.drainMs,
      clock,
      observe,
      random: random.next,
    })
  }

  #told(machine: Machine, event: MillraceEvent): void {
    if (quiet.has(event.type)) return
    this.note(`${machine.name}: ${JSON.stringify(event)}`)
    if (event.type === 'bug')
      this.oracle.violations.push({ rule: 'bug', what: event.error, at: this.timeline.now })
  }

  /** Takes a moment, and lets each letter of a record become an event. */
  #enricher({ clock }: Machine): Enricher {
    const { random } = this
    const enrich = async (batch: Batch): Promise<Enriched> => {
      await clock.sleep(random.between(1, 50))
      return {
        outputs: batch.records.flatMap(record => outputsOf(batch, record, random)),
        omitted: {},
        free() {},
      }
    }
    return { enrich, async close() {} }
  }
}

const quiet = new Set<MillraceEvent['type']>([
  'batch-read',
  'batch-committed',
  'leases-scanned',
  'lease-written',
])

function outputsOf(batch: Batch, record: Batch['records'][number], random: Random): OutputRecord[] {
  const { sequence, subSequence } = record
  const letters = Buffer.from(record.data).toString().split('')
  return letters.flatMap((letter, index) => {
    const provenance = { stream: batch.stream, shardId: batch.shardId, sequence, subSequence, index }
    const data = Buffer.from(letter)
    const make = (kind: OutputKind, output: number): OutputRecord => ({
      kind,
      partitionKey: `user-${(Number(sequence) + index) % 7}`,
      data,
      provenance,
      output,
    })
    if (letter === 'f') return [make('bad', 0), make('failed', 1)]
    if (letter === 'n') return [make(random.chance(0.5) ? 'good' : 'bad', 0)]
    return [make(letter === 'b' ? 'bad' : 'good', 0)]
  })
}
