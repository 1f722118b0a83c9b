import type { HeartbeatThread } from './thread.ts'

/** Tells those who listen in this process that somebody has let go of a lease, or asked for one. */
export class Bell {
  readonly #listeners = new Set<() => void>()
  #thread: HeartbeatThread | undefined

  attach(thread: HeartbeatThread): void {
    this.#thread = thread
  }

  /** Returns what ends it. While nobody listens, nobody looks. */
  listen(listener: () => void): () => void {
    if (this.#listeners.size === 0) this.#thread?.watch()
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#thread?.unwatch()
    }
  }

  ring(): void {
    for (const listener of this.#listeners) listener()
    // It may be a new thread that says so, which does not know yet that somebody listens.
    if (this.#listeners.size > 0) this.#thread?.watch()
  }
}
