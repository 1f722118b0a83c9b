/** `schema_violations` of the text of a bad row, or of its schema. */
export function badRowType(text: string): string {
  return /badrows\/([a-z_]+)\//.exec(text)?.[1] ?? 'of no known type'
}

/** How many bad rows of each type there were. */
export class BadRowCounts {
  readonly #counts = new Map<string, number>()

  add(text: string): void {
    const type = badRowType(text)
    this.#counts.set(type, (this.#counts.get(type) ?? 0) + 1)
  }

  /** `2 schema_violations, 1 enrichment_failures`: the most frequent first. */
  toString(): string {
    return [...this.#counts]
      .sort(([, a], [, b]) => b - a)
      .map(([type, count]) => `${count} ${type}`)
      .join(', ')
  }
}
