/** A reader with a throughput of its own, registered for enhanced fan-out. */
export class Consumer {
  readonly name: string
  readonly arn: string
  readonly createdAt: number
  readonly tags = new Map<string, string>()
  /** By shard: since when a subscription runs, and how to end it. At most one runs per shard. */
  readonly subscriptions = new Map<string, { readonly since: number; readonly end: () => void }>()
  readonly #activeAt: number

  constructor(name: string, arn: string, createdAt: number, transitionMs: number) {
    this.name = name
    this.arn = arn
    this.createdAt = createdAt
    this.#activeAt = createdAt + transitionMs
  }

  status(now: number): 'CREATING' | 'ACTIVE' {
    return now < this.#activeAt ? 'CREATING' : 'ACTIVE'
  }

  /** Ends what is running. */
  end(): void {
    for (const subscription of this.subscriptions.values()) subscription.end()
  }
}
