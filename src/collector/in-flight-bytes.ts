/** Bounds the bytes that requests hold until they are answered. Who finds no room is refused, and does not wait. */
export class InFlightBytes {
  readonly #maxBytes: number
  /** Sum over all open reservations. */
  #held = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  open(): Reservation {
    let own = 0
    return {
      take: bytes => {
        if (this.#held + bytes > this.#maxBytes) return false
        own += bytes
        this.#held += bytes
        return true
      },
      release: () => {
        this.#held -= own
        own = 0
      },
    }
  }
}

/** One request's part of the budget. */
export interface Reservation {
  /** False, and nothing taken, where the budget does not have that much left. */
  take(bytes: number): boolean
  /** Gives back all that was taken. May be called twice. */
  release(): void
}
