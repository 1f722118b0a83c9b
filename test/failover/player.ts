import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import type { Patch } from './planted.ts'
import type { RunReport } from './run.ts'

/** What a thread is asked to play: seeds `from`, `from + step`, … below `to`. */
export interface Game {
  readonly from: number
  readonly to: number
  readonly step: number
  /** Planted in this thread's copy of the production code. */
  readonly patches: readonly Patch[]
  /** Where each seed plays the scenario of a planted bug, by its name; otherwise each plays its own. */
  readonly bug?: string
  /** The scenario of the bug as it is without the bug. */
  readonly without?: boolean
  /** Stops at the first run with a violation. */
  readonly untilFound: boolean
  readonly trace: boolean
}

export interface Played {
  readonly report: RunReport
  readonly trace?: readonly string[]
}

const root = join(import.meta.dirname, '..', '..')

/** The code under test is the production code, with one place of it changed as it is loaded. */
function plant(patches: readonly Patch[]): void {
  const sources = new Map<string, string>()
  for (const { file, find, replace } of patches) {
    const url = pathToFileURL(join(root, file)).href
    const source = sources.get(url) ?? readFileSync(join(root, file), 'utf8')
    if (source.split(find).length !== 2) throw new Error(`${file} does not have exactly one: ${find}`)
    sources.set(
      url,
      source.replace(find, () => replace),
    )
  }
  registerHooks({
    load(url, context, nextLoad) {
      const source = sources.get(url)
      if (source === undefined) return nextLoad(url, context)
      return { format: 'module-typescript', source, shortCircuit: true }
    },
  })
}

async function play({ from, to, step, patches, bug, without, untilFound, trace }: Game): Promise<void> {
  if (patches.length > 0) plant(patches)
  const { run } = await import('./run.ts')
  const { scenarioOf, bounded } = await import('./scenario.ts')
  const { plantedBugs } = await import('./planted.ts')
  const planted = plantedBugs.find(({ name }) => name === bug)
  for (let seed = from; seed < to; seed += step) {
    const lines: string[] | undefined = trace ? [] : undefined
    const given = without === true ? (planted?.without ?? planted?.scenario) : planted?.scenario
    const scenario = planted === undefined ? scenarioOf(seed) : (given ?? bounded)
    const report = await run(scenario, seed, lines)
    const played: Played = { report, ...(lines !== undefined && { trace: lines }) }
    parentPort?.postMessage(played, [])
    if (untilFound && report.violations.length > 0) return
  }
}

await play(workerData as Game)
