import type { Holding } from '../leases/index.ts'
import type { ServerDate } from '../lib/index.ts'
import { samePosition } from '../streams/index.ts'
import { FencedShard, type FencedParts } from './fenced-shard.ts'
import { NamedShard, type NamedParts } from './named-shard.ts'
import type { Committer, ShardWork } from './sink.ts'

/** The outputs of one shard, from the take of its lease to the end. */
export interface ShardDelivery {
  /**
   * Resolves when every output of the batch is stored: it is then counted for the checkpoint. `lost`: the lease is over,
   * drop everything. `drained`: the lease is to be let go, and nothing of the batch was sent. Throws a MillraceError when
   * it gives up.
   */
  commit(work: ShardWork): Promise<'committed' | 'lost' | 'drained'>
}

/** How outputs and positions get where they belong, once: as the sink allows. */
export interface Delivery {
  /** Where position and output are not one transaction, takes mark their rows dirty since this date. */
  readonly serverDate?: ServerDate
  begin(holding: Holding): ShardDelivery
  close(): Promise<void>
}

/** One transaction writes outputs and position, and checks the lease. */
export function transactionalDelivery(committer: Committer): Delivery {
  return {
    begin(holding) {
      let reached = holding.lease.checkpoint
      return {
        async commit(work) {
          if (samePosition(work.position, reached)) return 'committed'
          const result = await committer.commit(holding.lease, work)
          if (result === 'committed') reached = work.position
          return result
        },
      }
    },
    close: () => committer.close(),
  }
}

/** Fenced requests, and reading back where somebody does not know what is there. */
export function readBackDelivery(parts: FencedParts): Delivery {
  return {
    serverDate: parts.serverDate,
    begin: holding => new FencedShard(holding, parts),
    async close() {
      parts.readBack?.close()
      await parts.sink.close()
    },
  }
}

/** Writing the same again changes nothing. */
export function idempotentDelivery(parts: NamedParts): Delivery {
  return {
    begin: holding => new NamedShard(holding, parts),
    close: () => parts.sink.close(),
  }
}
