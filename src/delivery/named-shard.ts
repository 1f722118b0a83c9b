import type { Holding } from '../leases/index.ts'
import type { Clock } from '../lib/index.ts'
import type { ShardDelivery } from './delivery.ts'
import { Run } from './run.ts'
import type { IdempotentSink, ShardWork } from './sink.ts'

export interface NamedParts {
  readonly sink: IdempotentSink
  readonly maxOpenRecords: number
  readonly clock: Clock
}

/**
 * The outputs of one shard into a sink where the name of what is written says its content. Whoever writes it again, a
 * successor or an owner that was paused, writes the same: there is nothing to fence and nothing to look for.
 */
export class NamedShard implements ShardDelivery {
  readonly #holding: Holding
  readonly #parts: NamedParts
  readonly #run: Run

  constructor(holding: Holding, parts: NamedParts) {
    this.#holding = holding
    this.#parts = parts
    this.#run = new Run(holding, parts.maxOpenRecords, ms => parts.clock.sleep(ms, holding.lost))
    holding.follow(() => ({ checkpoint: this.#run.position }))
  }

  async commit(work: ShardWork): Promise<'committed' | 'lost'> {
    const { batch, outputs, position } = work
    if (outputs.length > 0) {
      if (!(await this.#run.room(batch.records.length))) return 'lost'
      await this.#parts.sink.write(this.#holding.shardId, work)
    }
    if (this.#holding.over) return 'lost'
    this.#run.acknowledge(position, batch.records.length)
    return 'committed'
  }
}
