import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { PlantedBug } from './planted.ts'
import type { Game, Played } from './player.ts'

const player = new URL('./player.ts', import.meta.url)

/** Plays one game in a thread of its own. */
export function play(game: Game, onPlayed: (played: Played) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(player, { workerData: game })
    worker.on('message', onPlayed)
    worker.once('error', reject)
    worker.once('exit', () => resolve())
  })
}

/** The seeds, on every processor. */
export async function playSeeds(from: number, to: number, onPlayed: (played: Played) => void): Promise<void> {
  const threads = Math.max(1, availableParallelism())
  const games = Array.from({ length: threads }, (_, i) => ({
    from: from + i,
    to,
    step: threads,
    patches: [],
    untilFound: false,
    trace: false,
  }))
  await Promise.all(games.map(game => play(game, onPlayed)))
}

/** The first seed at which a planted bug shows, with the rules that it breaks there; absent when none does. */
export interface Found {
  readonly seed: number
  readonly rules: readonly string[]
}

export function findBug(bug: PlantedBug, seeds: number): Promise<Found | undefined> {
  return search({ bug: bug.name, patches: bug.patches }, seeds)
}

/** The same scenario without the bug: the first seed that is not clean; absent when all are. */
export function findDirt(bug: PlantedBug, seeds: number): Promise<Found | undefined> {
  return search({ bug: bug.name, patches: [], without: true }, seeds)
}

async function search(
  what: Pick<Game, 'bug' | 'patches' | 'without'>,
  seeds: number,
): Promise<Found | undefined> {
  let found: Found | undefined
  await play({ ...what, from: 1, to: seeds + 1, step: 1, untilFound: true, trace: false }, ({ report }) => {
    const { violations, seed } = report
    if (violations.length > 0) found = { seed, rules: [...new Set(violations.map(({ rule }) => rule))] }
  })
  return found
}

/** Works through a list on every processor, in order. */
export async function onAll<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items]
  const hand = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, hand))
}
