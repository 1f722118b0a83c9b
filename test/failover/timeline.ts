interface Entry {
  readonly at: number
  readonly order: number
  run: (() => void) | undefined
}

/**
 * Simulated time. What happens is a list of moments; between two of them everything that waits for a promise has its
 * turn, and no time passes.
 */
export class Timeline {
  readonly #heap: Entry[] = []
  #now = 0
  #order = 0

  /** True time, in milliseconds. Nobody inside the simulation can see it. */
  get now(): number {
    return this.#now
  }

  /** Returns what takes it back. */
  after(ms: number, run: () => void): () => void {
    const entry: Entry = { at: this.#now + Math.max(0, ms), order: this.#order++, run }
    this.#push(entry)
    return () => {
      entry.run = undefined
    }
  }

  /** Lets time pass until `done` says so, or until `endMs`. */
  async run(endMs: number, done: () => boolean = () => false): Promise<void> {
    await settled()
    for (;;) {
      const next = this.#heap[0]
      if (next === undefined || next.at > endMs || done()) return
      this.#pop()
      if (next.run === undefined) continue
      this.#now = next.at
      next.run()
      await settled()
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(entry)
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent]
      if (above === undefined || !earlier(entry, above)) break
      heap[at] = above
      at = parent
    }
    heap[at] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      const left = heap[2 * at + 1]
      const right = heap[2 * at + 2]
      const below = left !== undefined && right !== undefined && earlier(right, left) ? right : left
      if (below === undefined || !earlier(below, last)) break
      heap[at] = below
      at = 2 * at + (below === left ? 1 : 2)
    }
    heap[at] = last
  }
}

function earlier(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** Once every promise that can be settled without time passing is. */
function settled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
