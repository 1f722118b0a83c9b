const windowMs = 60_000
const maxSchemas = 8

interface Window {
  readonly since: number
  readonly schemas: number
}

/**
 * How many schemas of one registry may be asked for again and again before they are given up: a few in a minute.
 * Whoever makes up names that a registry fails for would get a share of the time with each of them otherwise.
 */
export class Patience {
  readonly #windows = new Map<string, Window>()

  gaveUp(registry: string, monotonic: number): void {
    const { since, schemas } = this.#current(registry, monotonic) ?? { since: monotonic, schemas: 0 }
    this.#windows.set(registry, { since, schemas: schemas + 1 })
  }

  /** The next failure for a single schema should be the last. */
  isSpent(registry: string, monotonic: number): boolean {
    return (this.#current(registry, monotonic)?.schemas ?? 0) >= maxSchemas
  }

  #current(registry: string, monotonic: number): Window | undefined {
    const window = this.#windows.get(registry)
    return window !== undefined && monotonic - window.since < windowMs ? window : undefined
  }
}
