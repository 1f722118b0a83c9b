/*
 * Everything worth telling, as one union of plain data: it can be logged, counted, kept as a status, and sent to
 * another process. Nothing that happens may depend on who listens.
 */

/** Takes a lease, a batch, a failure, … and tells it on. Never throws, never waits. */
export type Observe = (event: MillraceEvent) => void

/** For whom nobody listens. */
export const unobserved: Observe = () => {}

/** Who works on which shard. */
export type LeaseEvent =
  | {
      readonly type: 'lease-taken'
      readonly shardId: string
      readonly owner: string
      readonly epoch: number
      /** Whose lease had expired; absent when it was free. */
      readonly from?: string
    }
  | {
      readonly type: 'lease-released'
      readonly shardId: string
      readonly reason: 'asked' | 'stopping' | 'failed' | 'shard-ended'
    }
  /** A write found that the lease is somebody else's, or nobody knows: this process no longer works on the shard. */
  | { readonly type: 'lease-lost'; readonly shardId: string; readonly during: LeaseWrite | 'commit' }
  /** This process asked the owner to drain and release. */
  | { readonly type: 'lease-asked'; readonly shardId: string; readonly owner: string }
  | {
      readonly type: 'lease-written'
      readonly write: LeaseWrite
      readonly result: LeaseWriteResult
      /** Why it failed. */
      readonly error?: string
    }
  /** A row of the lease table is no lease that can be read: nobody takes its shard until it is repaired. Told once. */
  | { readonly type: 'lease-unreadable'; readonly shardId: string; readonly error: string }
  | { readonly type: 'lease-readable'; readonly shardId: string }
  /** What a scan of the lease table found. */
  | {
      readonly type: 'leases-scanned'
      readonly held: number
      readonly total: number
      readonly leases: readonly LeaseGlance[]
    }

export const leaseWrites = ['create', 'take', 'keep', 'release', 'ask', 'remove'] as const
export type LeaseWrite = (typeof leaseWrites)[number]

export const leaseWriteResults = ['ok', 'lost', 'failed'] as const
export type LeaseWriteResult = (typeof leaseWriteResults)[number]

/** One row of the lease table, as much as a person wants to see. */
export interface LeaseGlance {
  readonly shardId: string
  readonly owner?: string
  readonly ended: boolean
}

/** How far the work on a shard is. */
export type ShardEvent =
  | { readonly type: 'shard-started'; readonly shardId: string; readonly position: string }
  /** Everything in a closed shard is done. */
  | { readonly type: 'shard-ended'; readonly shardId: string }
  | {
      readonly type: 'shard-failed'
      readonly shardId: string
      readonly error: string
      readonly retryable: boolean
      readonly retryInMs: number
    }
  /** Retention removed records behind this position before anybody had read them: they are lost. */
  | { readonly type: 'records-expired'; readonly shardId: string; readonly position: string }
  /** Aggregates held so many records that were meant for another shard. They are worked on all the same. */
  | { readonly type: 'records-misrouted'; readonly shardId: string; readonly records: number }
  /** A reader met records that it had read already, and left them out. */
  | { readonly type: 'copies-dropped'; readonly shardId: string; readonly records: number }
  /** A reader's memory was full: copies of so many records can no longer be told. */
  | { readonly type: 'keys-forgotten'; readonly shardId: string; readonly keys: number }
  /** So many events about pseudonyms are larger than a record may be, and are not written. */
  | { readonly type: 'pii-too-large'; readonly shardId: string; readonly events: number }
  /** So many failed events are larger than a record may be: there are only their bad rows. */
  | { readonly type: 'failed-too-large'; readonly shardId: string; readonly events: number }
  /** A batch was read, and its outputs are not committed yet. */
  | { readonly type: 'batch-read'; readonly shardId: string; readonly records: number }
  /** Outputs and position of one batch are durable. */
  | {
      readonly type: 'batch-committed'
      readonly shardId: string
      /** The raw stream. */
      readonly stream: string
      readonly position: string
      /** Raw records. */
      readonly records: number
      readonly good: number
      readonly bad: number
      readonly failed: number
      readonly pii: number
      /** Events that a script decided to drop. */
      readonly dropped: number
      /** Good events with a column that is too long, where that is accepted. */
      readonly invalid: number
      /** Of the raw records. */
      readonly bytes: number
      /** From read to commit. */
      readonly ms: number
      readonly millisBehindLatest: number
      /** From a raw record's arrival in its stream to this commit, one for each record. */
      readonly latenciesMs: readonly number[]
    }

/** What it takes to write nothing twice where outputs and positions are not one transaction. */
export type DeliveryEvent =
  /** The last owner did not let go cleanly: what it wrote since this server date is looked for. */
  | { readonly type: 'recovery-started'; readonly shardId: string; readonly since: number }
  /** So many events are there already. */
  | { readonly type: 'recovery-looked'; readonly shardId: string; readonly found: number }
  /** Everything that the last owner can have written is behind. `divergent`: events that came out differently this time. */
  | { readonly type: 'recovery-done'; readonly shardId: string; readonly divergent: number }
  /** Nobody can look for what is there: events may be written twice. */
  | { readonly type: 'recovery-skipped'; readonly shardId: string; readonly reason: string }
  /** A request was sent, and nobody knows what became of it. It is looked for. */
  | { readonly type: 'put-unknown'; readonly shardId: string }
  /** The last renewal is too long ago: nothing is sent until the next one. */
  | { readonly type: 'fence-closed'; readonly shardId: string }

/** Something outside failed or came back. */
export type OutsideEvent =
  | {
      readonly type: 'thread-restarted'
      readonly thread: number
      readonly error: string
      /** Enrichments whose circuits were open in it. Absent: none. */
      readonly openCircuits?: readonly string[]
    }
  | { readonly type: 'iglu-outage'; readonly registry: string; readonly error: string }
  | { readonly type: 'iglu-recovered'; readonly registry: string; readonly outageMs: number }
  /** A newer file of enrichments was found good, and is in use. */
  | { readonly type: 'asset-updated'; readonly uri: string; readonly bytes: number }
  /**
   * A file of enrichments could not be had (`unreachable`), or is not what it should be (`refused`). The one in use
   * stays.
   */
  | {
      readonly type: 'asset-failed'
      readonly uri: string
      readonly reason: 'unreachable' | 'refused'
      readonly error: string
    }
  /** A file of enrichments that could not be had, or was refused, is as it should be again. */
  | { readonly type: 'asset-recovered'; readonly uri: string }
  /** A call failed and will be made again. `what` is one of the closed list of error codes. */
  | {
      readonly type: 'outside-failed'
      readonly what: string
      readonly error: string
      readonly attempt: number
      readonly retryInMs: number
    }

/** What the collector answered. A path is whatever somebody sent: it is never a metric's label. */
export type CollectorEvent =
  | {
      readonly type: 'collector-ready'
      readonly scheme: 'http' | 'https'
      readonly host: string
      readonly port: number
    }
  /** It was told to stop, and goes on serving for a while. */
  | { readonly type: 'collector-draining' }
  | { readonly type: 'collector-stopped' }
  /** The records of this request are durable. `bytes`: of the records. */
  | {
      readonly type: 'request-accepted'
      readonly path: string
      readonly records: number
      readonly bytes: number
      readonly ms: number
    }
  /** Answered, but not recorded: the visitor asked not to be. */
  | { readonly type: 'request-ignored'; readonly path: string }
  /** Sent back to the same address to see whether a cookie comes along; recorded then. */
  | { readonly type: 'request-bounced'; readonly path: string }
  /** `status` 0: nobody was left to be answered. */
  | {
      readonly type: 'request-refused'
      readonly path: string
      readonly status: number
      readonly reason: string
      readonly error?: string
    }
  /** An event fits in no record. `kept`: in the bad stream; otherwise it is lost. */
  | {
      readonly type: 'request-too-large'
      readonly path: string
      readonly bytes: number
      readonly limitBytes: number
      readonly kept: boolean
    }
  /** The stream took nothing, but a person was waiting at a link: sent on unrecorded. */
  | { readonly type: 'redirect-unrecorded'; readonly path: string; readonly error: string }
  /** One call to the stream, for all requests in it. */
  | {
      readonly type: 'collector-batch-written'
      readonly stream: string
      readonly requests: number
      readonly records: number
      readonly bytes: number
      readonly ms: number
    }
  /** The stream did not take the records; the trackers were told to send them again. */
  | {
      readonly type: 'collector-sink-failed'
      readonly stream: string
      readonly requests: number
      readonly records: number
      readonly bytes: number
      readonly error: string
    }

/** What enrichments cost. */
export type EnrichmentEvent =
  /** Calls of an enrichment to the outside are refused from now on, or made again. */
  | {
      readonly type: 'circuit-changed'
      readonly enrichment: string
      readonly state: 'open' | 'closed'
      /** What opened it. */
      readonly error?: string
    }
  /** Since the last time, in one thread. */
  | { readonly type: 'enrichments-measured'; readonly enrichments: readonly EnrichmentCost[] }

export interface EnrichmentCost {
  readonly name: string
  readonly events: number
  /** Time in the enrichment, waiting included: of a sample of the events, scaled up to all. */
  readonly ms: number
  readonly failures: number
  /** Of those that ask the outside. */
  readonly lookups?: LookupCost
}

export interface LookupCost {
  readonly asked: number
  readonly cached: number
  readonly calls: number
  readonly failed: number
  readonly refused: number
  readonly callMs: number
  readonly circuit: 'closed' | 'open' | 'half-open'
}

/** A process comes and goes. */
export type LifeEvent =
  | {
      readonly type: 'worker-ready'
      readonly worker: string
      readonly stream: string
      readonly threads: number
    }
  | { readonly type: 'worker-draining'; readonly worker: string; readonly reason: string }
  | { readonly type: 'worker-stopped'; readonly worker: string; readonly ms: number }
  /** The machine under this process is asked whether it is going away. */
  | { readonly type: 'instance-watched'; readonly instanceId: string; readonly region: string }
  /** It is not asked, for the life of this process. */
  | { readonly type: 'instance-unwatched'; readonly reason: string }
  /** It is, or may be. `drains`: this process drains because of it. `at`: when, as far as it was told. */
  | {
      readonly type: 'instance-notice'
      readonly notice: 'spot-interruption' | 'termination' | 'rebalance'
      readonly drains: boolean
      readonly at?: string
    }
  /** The Auto Scaling group was told that it need not wait any longer. `none`: it does not wait. */
  | {
      readonly type: 'lifecycle-action'
      readonly hook: string
      readonly result: 'completed' | 'none' | 'failed'
      readonly error?: string
    }
  /** A number for the log, where that is configured. Of a counter: since the last time. */
  | { readonly type: 'metric'; readonly name: string; readonly value: number }
  /** Metrics cannot be sent there. Told once, until it is over. */
  | { readonly type: 'metrics-failed'; readonly to: string; readonly error: string }
  | { readonly type: 'metrics-recovered'; readonly to: string }
  | { readonly type: 'monitoring-ready'; readonly host: string; readonly port: number }
  /** A process that this one watches over ended by itself, or did not start: then there is an `error` in place of a code. */
  | {
      readonly type: 'process-ended'
      readonly name: string
      readonly code: number | null
      readonly signal: string | null
      readonly error?: string
      /** Absent: it is given up. */
      readonly restartInMs?: number
      /** Enrichments whose circuits were open in it, once for each thread. Absent: none. */
      readonly openCircuits?: readonly string[]
    }
  /** It works, but a person should know. */
  | { readonly type: 'configuration-warning'; readonly warning: string }
  | { readonly type: 'bug'; readonly error: string; readonly stack?: string }

export type MillraceEvent =
  LeaseEvent | ShardEvent | DeliveryEvent | OutsideEvent | EnrichmentEvent | CollectorEvent | LifeEvent

/** An observer that tells each event to all of these. */
export function observeAll(...observers: readonly Observe[]): Observe {
  return event => {
    for (const observe of observers) observe(event)
  }
}
