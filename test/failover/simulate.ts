// `npm run simulate -- [--seeds N] [--from N] [--bug-seeds N] [--json]`: the whole fleet under simulated clocks, network and
// stores, with every fault we can think of; and the bugs that it must find. `--seed N [--bug NAME]` plays one and tells it,
// with `--without` the scenario of the bug without the bug.
import { parseArgs } from 'node:util'
import { findBug, findDirt, onAll, play, playSeeds } from './campaign.ts'
import { plantedBugs, type PlantedBug } from './planted.ts'
import { Tally } from './tally.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    bug: { type: 'string' },
    without: { type: 'boolean', default: false },
    'bug-seeds': { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
  },
})

/** So many runs of its scenario without the bug must be clean. */
const cleanSeeds = 50

if (values.seed === undefined) await campaign()
else await tell(Number(values.seed), bugNamed(values.bug))

async function campaign(): Promise<void> {
  const from = Number(values.from)
  const tally = new Tally()
  await playSeeds(from, from + Number(values.seeds), ({ report }) => tally.add(report))
  const found = await huntAll(Number(values['bug-seeds']))
  const table = plantedBugs.filter(({ own }) => own !== true)
  const count = (bugs: readonly PlantedBug[]) => `${bugs.filter(bug => found.has(bug)).length}/${bugs.length}`
  const own = plantedBugs.filter(bug => bug.own === true)
  const summary = { ...tally.summary(), plantedBugsFound: count(table), ownPlantedBugsFound: count(own) }
  if (values.json) console.log(JSON.stringify(summary))
  if (tally.failed || found.size < plantedBugs.length) process.exitCode = 1
}

/** The planted bugs that show, where without them all is clean. */
async function huntAll(seeds: number): Promise<ReadonlySet<PlantedBug>> {
  const shown = new Set<PlantedBug>()
  await onAll(plantedBugs, async bug => {
    const found = await findBug(bug, seeds)
    const dirt = await findDirt(bug, cleanSeeds)
    const shows = found === undefined ? 'NOT FOUND' : `seed ${found.seed}: ${found.rules.join(', ')}`
    if (!values.json || found === undefined) console.log(`planted: ${bug.name} (rule ${bug.rule}): ${shows}`)
    if (dirt !== undefined) console.log(`planted: ${bug.name}: not clean without it: seed ${dirt.seed}`)
    if (found !== undefined && dirt === undefined) shown.add(bug)
  })
  return shown
}

async function tell(seed: number, bug: PlantedBug | undefined): Promise<void> {
  const game = {
    from: seed,
    to: seed + 1,
    step: 1,
    patches: values.without ? [] : (bug?.patches ?? []),
    untilFound: false,
    trace: true,
  }
  await play(
    { ...game, without: values.without, ...(bug !== undefined && { bug: bug.name }) },
    ({ report, trace = [] }) => {
      for (const line of trace) console.log(line)
      for (const { rule, what } of report.violations) console.log(`${rule}: ${what}`)
      console.log(JSON.stringify({ ...report, violations: report.violations.length }))
      if (report.violations.length > 0) process.exitCode = 1
    },
  )
}

function bugNamed(name: string | undefined): PlantedBug | undefined {
  if (name === undefined) return undefined
  const bug = plantedBugs.find(planted => planted.name.includes(name))
  if (bug === undefined) throw new RangeError(`no planted bug is called ${name}`)
  return bug
}
