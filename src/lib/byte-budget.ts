interface Waiter {
  readonly bytes: number
  readonly grant: () => void
}

/**
 * A bound on bytes that are held at once, whoever holds them. First come, first served. A claim larger than the whole
 * budget is granted when nothing else is held, so that one large record cannot stop the world.
 */
export class ByteBudget {
  readonly #total: number
  readonly #waiting: Waiter[] = []
  #held = 0

  constructor(totalBytes: number) {
    this.#total = totalBytes
  }

  get heldBytes(): number {
    return this.#held
  }

  /** False when the signal aborts before there is room: then nothing is held. */
  async acquire(bytes: number, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted === true) return false
    if (this.#waiting.length === 0 && this.#fits(bytes)) {
      this.#held += bytes
      return true
    }
    return await this.#wait(bytes, signal)
  }

  release(bytes: number): void {
    this.#held -= bytes
    this.#serve()
  }

  #wait(bytes: number, signal: AbortSignal | undefined): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const waiter: Waiter = { bytes, grant: () => resolve(true) }
    const giveUp = () => {
      const place = this.#waiting.indexOf(waiter)
      if (place < 0) return
      this.#waiting.splice(place, 1)
      resolve(false)
      // It may have been the one for which there was no room.
      this.#serve()
    }
    this.#waiting.push(waiter)
    signal?.addEventListener('abort', giveUp, { once: true })
    return promise.finally(() => signal?.removeEventListener('abort', giveUp))
  }

  #serve(): void {
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
