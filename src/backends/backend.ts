import type { Committer, ReadBackSink } from '../delivery/index.ts'
import type { LeaseStore } from '../leases/index.ts'
import { MillraceError, type Clock, type ServerDate } from '../lib/index.ts'
import type { OutputKind, Producer, ShardControl, Source } from '../streams/index.ts'

/** Names the checkpoints of one consumer of one stream. */
export interface Consumer {
  readonly application: string
  readonly stream: string
}

/** The stream for each kind of output. A kind without a stream must not occur. */
export type OutputStreams = Readonly<Partial<Record<OutputKind, string>>>

export interface CommitterOptions {
  readonly application: string
  readonly inputStream: string
  readonly streams: OutputStreams
}

export interface SourceOptions {
  /** Whose workers read: where the backend is told so, it gives them a throughput of their own. */
  readonly application?: string
}

export type StreamSinkOptions = Pick<CommitterOptions, 'application' | 'streams'>

/** Everything that a running Millrace needs from where its data lie. Each part has its own contract suite. */
export interface Backend extends ShardControl {
  producer(stream: string): Producer
  source(stream: string, options?: SourceOptions): Source
  leaseStore(consumer: Consumer): LeaseStore
  /** Where outputs go; its capability says how nothing gets there twice. */
  sink(options: CommitterOptions): Committer | ReadBackSink
  /** The newest date of whatever stamps the records' arrival. */
  readonly serverDate: ServerDate
  /** Closes every part that was handed out. */
  close(): Promise<void>
}

/** Where no server stamps the records, this machine's own clock does. */
export function ownDate(clock: Clock): ServerDate {
  return {
    get newest() {
      return clock.now()
    },
  }
}

/** What to do with an output that has no stream to go to. */
export function refuseKind(kind: OutputKind): never {
  const message = `cannot write ${kind} output: no stream is configured for it; name one or do not make such output`
  throw new MillraceError('config', message, { retryable: false })
}
