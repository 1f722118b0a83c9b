/** Judging one document has taken more steps than it may. */
export class BudgetSpent extends Error {}

/** Of some 50 ns to 200 ns each: about half a second. A sound event of a megabyte needs a third at most. */
export const maxSteps = 3_000_000

/** What holding one document against one schema may still cost, in steps. Whatever may take long spends from it. */
export class StepBudget {
  #left = maxSteps

  /** For the next document. */
  reset(): void {
    this.#left = maxSteps
  }

  /** Throws BudgetSpent when nothing is left. */
  spend(steps: number): void {
    this.#left -= steps
    if (this.#left < 0) throw new BudgetSpent()
  }
}
