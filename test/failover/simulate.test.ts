import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { findBug, findDirt, onAll, play, playSeeds, type Found } from './campaign.ts'
import { plantedBugs } from './planted.ts'
import type { RunReport } from './run.ts'

/** A smaller run of `npm run simulate`: as many seeds as fit into a test. */
describe('the simulator', { concurrency: false }, () => {
  test('200 fleets under every fault: nothing lost, nothing twice, nothing out of order', async () => {
    const reports: RunReport[] = []
    await playSeeds(1, 201, ({ report }) => reports.push(report))
    const wrong = reports.flatMap(({ seed, violations }) =>
      violations.map(({ rule, what }) => ({ seed, rule, what })),
    )
    assert.deepEqual(wrong, [])
    assert.equal(reports.length, 200)
    assert.equal(sum(reports, 'lost') + sum(reports, 'copies') + sum(reports, 'afterReader'), 0)
    assert.ok(
      sum(reports, 'excusedCopies') > 0,
      'late requests leave copies in the streams, which readers drop',
    )
  })

  test('a seed is a run: played twice it is the same to the last line', async () => {
    const traces: (readonly string[] | undefined)[] = []
    for (let n = 0; n < 2; n++) {
      const game = { from: 7, to: 8, step: 1, patches: [], untilFound: false, trace: true }
      await play(game, ({ trace }) => traces.push(trace))
    }
    assert.ok((traces[0]?.length ?? 0) > 100)
    assert.deepEqual(traces[0], traces[1])
  })

  test('every bug of the protocol’s table shows when it is planted, and only then', async () => {
    const found = new Map<string, Found | undefined>()
    const dirty: string[] = []
    await onAll(plantedBugs, async bug => {
      found.set(bug.name, await findBug(bug, 400))
      if ((await findDirt(bug, 5)) !== undefined) dirty.push(bug.name)
    })
    const hidden = plantedBugs.filter(({ name }) => found.get(name) === undefined).map(({ name }) => name)
    assert.deepEqual(hidden, [])
    assert.deepEqual(dirty, [])
    assert.equal(plantedBugs.filter(({ own }) => own !== true).length, 33)
  })
})

function sum(
  reports: readonly RunReport[],
  figure: 'lost' | 'copies' | 'excusedCopies' | 'afterReader',
): number {
  return reports.reduce((total, report) => total + report[figure], 0)
}
