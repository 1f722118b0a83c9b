/**
 * A bound on bytes that are held at once, whoever holds them. First come, first served. A claim larger than the whole
 * budget is granted when nothing else is held, so that one large record cannot stop the world.
 */
export class ByteBudget {
  readonly #total: number
  readonly #waiting: { bytes: number; grant: () => void }[] = []
  #held = 0

  constructor(totalBytes: number) {
    this.#total = totalBytes
  }

  get heldBytes(): number {
    return this.#held
  }

  async acquire(bytes: number): Promise<void> {
    if (this.#waiting.length === 0 && this.#fits(bytes)) {
      this.#held += bytes
      return
    }
    await new Promise<void>(grant => this.#waiting.push({ bytes, grant }))
  }

  release(bytes: number): void {
    this.#held -= bytes
    for (
      let first = this.#waiting[0];
      first !== undefined && this.#fits(first.bytes);
      first = this.#waiting[0]
    ) {
      this.#waiting.shift()
      this.#held += first.bytes
      first.grant()
    }
  }

  #fits(bytes: number): boolean {
    return this.#held === 0 || this.#held + bytes <= this.#total
  }
}
