import {
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  RegisterStreamConsumerCommand,
  type ConsumerDescription,
  type KinesisClient,
} from '@aws-sdk/client-kinesis'
import { MillraceError, type Clock } from '../../lib/index.ts'
import { isNamed, sdkFailure } from './shards.ts'

export interface StreamConsumerSettings {
  readonly clock: Clock
  /** Between two looks at a consumer that is being registered. */
  readonly pollMs: number
  readonly giveUpMs: number
  /** Nobody waits for it any more. */
  readonly closed: AbortSignal
}

/**
 * The registration of one application at one stream, for enhanced fan-out. Made when it is not there; never removed,
 * as it may serve other workers: `aws kinesis deregister-stream-consumer` does that, when the application is gone.
 */
export class StreamConsumer {
  readonly #client: KinesisClient
  readonly #stream: string
  readonly #name: string
  readonly #settings: StreamConsumerSettings
  #arn: Promise<string> | undefined

  constructor(client: KinesisClient, stream: string, name: string, settings: StreamConsumerSettings) {
    this.#client = client
    this.#stream = stream
    this.#name = name
    this.#settings = settings
  }

  /** Resolves when records can be subscribed to. All readers of a stream share one look. Rejects with a MillraceError. */
  arn(): Promise<string> {
    this.#arn ??= this.#find().catch((error: unknown) => {
      this.#arn = undefined
      throw sdkFailure('source', `register ${this.#name} as a consumer of ${this.#stream}`, error)
    })
    return this.#arn
  }

  /** Somebody may have removed it, or made the stream anew. */
  forget(): void {
    this.#arn = undefined
  }

  async #find(): Promise<string> {
    const { clock, pollMs, giveUpMs, closed } = this.#settings
    const summary = await this.#client.send(new DescribeStreamSummaryCommand({ StreamName: this.#stream }))
    const streamArn = summary.StreamDescriptionSummary?.StreamARN ?? ''
    const until = clock.monotonic() + giveUpMs
    while (clock.monotonic() < until && !closed.aborted) {
      const found = await this.#describe(streamArn)
      if (found === undefined) await this.#register(streamArn)
      else if (found.ConsumerStatus === 'ACTIVE') return found.ConsumerARN ?? ''
      await clock.sleep(pollMs, closed)
    }
    const message = `${this.#name} is no active consumer of ${this.#stream} after ${giveUpMs} ms; look at its consumers`
    throw new MillraceError('source', message, { retryable: true })
  }

  async #describe(streamArn: string): Promise<ConsumerDescription | undefined> {
    const which = { StreamARN: streamArn, ConsumerName: this.#name }
    try {
      const reply = await this.#client.send(new DescribeStreamConsumerCommand(which))
      return reply.ConsumerDescription
    } catch (error) {
      if (isNamed(error, 'ResourceNotFoundException')) return undefined
      throw error
    }
  }

  async #register(streamArn: string): Promise<void> {
    const consumer = { StreamARN: streamArn, ConsumerName: this.#name }
    try {
      await this.#client.send(new RegisterStreamConsumerCommand(consumer))
    } catch (error) {
      // Another worker was first.
      if (!isNamed(error, 'ResourceInUseException')) throw error
    }
  }
}
