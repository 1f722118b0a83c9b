/** Judging one document has taken more steps than it may. */
export class BudgetSpent extends Error {
  readonly allowedSteps: number

  constructor(allowedSteps: number) {
    super()
    this.allowedSteps = allowedSteps
  }
}

/** Of some 50 ns to 200 ns each: about half a second. A sound event of a megabyte needs a third at most. */
export const maxSteps = 3_000_000

/**
 * What holding one document against one schema may still cost, in steps. Whatever may take long spends from it: work on
 * texts and lists from all there is, visits of the schema's parts from an allowance that may be smaller.
 */
export class StepBudget {
  #left = maxSteps
  #allowedVisits = maxSteps
  #visitsLeft = maxSteps

  /** For the next document. */
  reset(allowedVisits = maxSteps): void {
    this.#left = maxSteps
    this.#allowedVisits = Math.min(allowedVisits, maxSteps)
    this.#visitsLeft = this.#allowedVisits
  }

  /** Throws BudgetSpent when nothing is left. */
  spend(steps: number): void {
    this.#left -= steps
    if (this.#left < 0) throw new BudgetSpent(maxSteps)
  }

  /** The same for visits. */
  visit(steps: number): void {
    this.#visitsLeft -= steps
    if (this.#visitsLeft < 0) throw new BudgetSpent(this.#allowedVisits)
  }
}
