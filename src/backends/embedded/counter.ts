import type { SqliteFile } from './sqlite-file.ts'

export interface Counts {
  lastSequence: number
  lastArrival: number
  /** Rises when a shard opens, closes or goes, so that everybody reads the shards again. */
  generation: number
}

const load =
  'SELECT last_sequence AS lastSequence, last_arrival AS lastArrival, generation FROM counter WHERE one = 1'

const save = 'UPDATE counter SET last_sequence = ?, last_arrival = ?, generation = ? WHERE one = 1'

// Room for a million records in each millisecond; in 2^53 until the year 2255.
const sequencesPerMs = 1000

export function readCounts(file: SqliteFile): Counts {
  const [counts] = file.rows<Counts>(load)
  if (counts === undefined) throw new Error(`${file.path} has no counter`)
  return counts
}

/**
 * Gives out sequences and arrival times inside a write transaction.
 *
 * Sequences start from the clock: where a power cut took the newest records, their sequences do not come again, so
 * that a checkpoint from before the cut never hides what was appended after it. Arrival times never go back, so that
 * reading from a time is exact; a clock that was set ahead holds them until it has caught up.
 */
export class Counter {
  readonly #file: SqliteFile
  readonly #counts: Counts

  constructor(file: SqliteFile, now: number) {
    this.#file = file
    const counts = readCounts(file)
    this.#counts = {
      lastSequence: Math.max(counts.lastSequence, Math.floor(now) * sequencesPerMs),
      lastArrival: Math.max(counts.lastArrival, Math.floor(now)),
      generation: counts.generation,
    }
  }

  get arrival(): number {
    return this.#counts.lastArrival
  }

  get generation(): number {
    return this.#counts.generation
  }

  /** The first of `count` sequences in a row. */
  next(count: number): number {
    const first = this.#counts.lastSequence + 1
    this.#counts.lastSequence += count
    return first
  }

  shardsChanged(): void {
    this.#counts.generation++
  }

  save(): void {
    const { lastSequence, lastArrival, generation } = this.#counts
    this.#file.run(save, lastSequence, lastArrival, generation)
  }
}
