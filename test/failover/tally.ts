import type { RunReport } from './run.ts'

/** What all seeds came to. */
export class Tally {
  #seeds = 0
  #lost = 0
  #afterReader = 0
  #inStream = 0
  #outOfOrder = 0
  #orphanedMs = 0
  readonly #copies: number[] = []
  readonly #failed: number[] = []

  get failed(): boolean {
    return this.#failed.length > 0
  }

  add(report: RunReport): void {
    const { seed, scenario, lost, copies, excusedCopies, afterReader, violations, orphanedMs } = report
    this.#seeds++
    this.#lost += lost
    this.#afterReader += afterReader
    this.#inStream += copies + excusedCopies
    this.#outOfOrder += violations.filter(({ rule }) => rule === 'N3' || rule === 'N4').length
    this.#orphanedMs = Math.max(this.#orphanedMs, orphanedMs)
    if (copies + excusedCopies > 0) this.#copies.push(seed)
    if (violations.length === 0) return
    this.#failed.push(seed)
    for (const { rule, what } of violations.slice(0, 3))
      console.log(`seed ${seed} (${scenario}): ${rule}: ${what}. npm run simulate -- --seed ${seed}`)
  }

  summary() {
    return {
      seeds: this.#seeds,
      lost: this.#lost,
      duplicatedAfterReader: this.#afterReader,
      duplicatedInStream: this.#inStream,
      outOfOrder: this.#outOfOrder,
      orphanedShardMsMax: this.#orphanedMs,
      failedSeeds: this.#failed.sort((a, b) => a - b),
      // Each of them has requests that took effect later than anybody reckons with, or a process that stood still
      // between the check of its fence and the socket: any other copy is a violation.
      seedsWithLateCopies: this.#copies.sort((a, b) => a - b),
    }
  }
}
