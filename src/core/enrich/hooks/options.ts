/** A service of whoever runs this, which is asked about events. Plain data. */
export interface HookOptions {
  /** Where questions are posted. */
  readonly url: string
  /** For one call, connecting included. */
  readonly timeoutMs: number
  readonly maxConnections: number
  /** Answers that are kept; 0: none. */
  readonly cacheSize: number
  readonly cacheTtlMs: number
  /** Whether an event about which there is no answer stays good. */
  readonly ignoreOnError: boolean
}

export interface EventSpecificationOptions extends HookOptions {
  /** What is told of an event. */
  readonly columns: readonly string[]
}

export interface IdentityOptions extends HookOptions {
  /** `{ key, pojo | json }`, as the inputs of an API request. */
  readonly identifiers: readonly unknown[]
}

/** Absent: nobody runs one. */
export interface HooksOptions {
  readonly eventSpecification?: EventSpecificationOptions | undefined
  readonly identity?: IdentityOptions | undefined
}
