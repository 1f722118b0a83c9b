import type { Parameters } from '../event.ts'

/** A JSON object whose values are all texts, as parameters: making a Map of it takes 1 µs per event (bench/core.ts). */
export class SentMembers implements Parameters {
  readonly #members: Readonly<Record<string, string>>

  constructor(members: Readonly<Record<string, string>>) {
    this.#members = members
  }

  get(name: string): string | undefined {
    return Object.hasOwn(this.#members, name) ? this.#members[name] : undefined
  }

  forEach(visit: (value: string, name: string) => void): void {
    for (const name in this.#members) visit(this.#members[name] ?? '', name)
  }

  [Symbol.iterator](): Iterator<readonly [string, string]> {
    return Object.entries(this.#members)[Symbol.iterator]()
  }
}
