import { Doorbell } from '../doorbell.ts'
import type { Changed } from './log-file.ts'
import type { LogThread } from './thread.ts'

/** Wakes the waiting readers of one file: the thread looks once for all of them, and only while one waits. */
export class Hub {
  readonly #bells = new Map<string, Doorbell>()
  #waiting = 0
  #thread: LogThread | undefined

  /** The hub and its thread know each other. */
  attach(thread: LogThread): void {
    this.#thread = thread
  }

  changed(changed: Changed): void {
    const shards = changed === 'all' ? this.#bells.keys() : changed
    for (const shard of shards) this.#bells.get(shard)?.ring()
    // A new thread does not know yet that somebody waits.
    if (changed === 'all' && this.#waiting > 0) this.#thread?.watch()
  }

  bell(stream: string, shardId: string): Doorbell {
    const shard = `${stream}/${shardId}`
    const bell = this.#bells.get(shard) ?? new Doorbell()
    this.#bells.set(shard, bell)
    return bell
  }

  /** Between `enter` and `leave` the file is watched. */
  enter(): void {
    if (this.#waiting++ === 0) this.#thread?.watch()
  }

  leave(): void {
    if (--this.#waiting === 0) this.#thread?.unwatch()
  }
}
