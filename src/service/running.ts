/** Something that was started. `stop` drains, may be called twice, and resolves when nothing is left. */
export interface Running {
  stop(reason: string): Promise<void>
}

/** What to start, with what a person configured beside the main configuration. */
export interface Documents {
  /** Snowplow's resolver configuration; null: the embedded schemas only. */
  readonly igluConfig: unknown
  readonly enrichments: readonly unknown[]
}
