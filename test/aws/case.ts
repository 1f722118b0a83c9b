import type { Bench } from './bench.ts'
import type { TargetName } from './target.ts'

/** What an emulator does instead, as `observe` tells it. */
export type Differences = Partial<Record<Exclude<TargetName, 'aws'>, string>>

/**
 * One thing that Kinesis is documented to do. `observe` tells in a few words what a target did; the test compares
 * them with `aws`, or with the difference that is declared for the target.
 */
export interface Case {
  readonly name: string
  readonly aws: string
  /** AWS does not document it in so many words; only an account can tell. */
  readonly unsure?: true
  readonly differs?: Differences
  /** Only where time can be made to pass. Elsewhere the case is left out. */
  readonly needs?: 'clock'
  readonly observe: (bench: Bench) => Promise<string>
}
