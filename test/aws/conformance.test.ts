import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Bench, refusalOf } from './bench.ts'
import { cases } from './cases/index.ts'
import { startTarget, targetNames, type Target, type TargetName } from './target.ts'

/** What the table says of a target. The real service has no excuse. */
function expected({ aws, differs = {} }: (typeof cases)[number], target: TargetName): string {
  return target === 'aws' ? aws : (differs[target] ?? aws)
}

async function check(one: (typeof cases)[number], name: TargetName, target: Target): Promise<void> {
  const bench = new Bench(target)
  try {
    const observed = await one.observe(bench).catch(refusalOf)
    assert.equal(observed, expected(one, name))
  } finally {
    await bench.tidy()
  }
}

// Cases wait for emulators more than they work. Those that make time pass must be alone.
const atOnce = (name: TargetName) => (name === 'double' ? 1 : 4)

describe('conformance', { concurrency: targetNames.length }, () => {
  for (const name of targetNames) {
    test(`Kinesis as ${name} plays it`, { concurrency: atOnce(name) }, async context => {
      const target = await startTarget(name)
      if ('missing' in target) {
        context.skip(target.missing)
        return
      }
      context.after(() => target.close())
      const skipped = (one: (typeof cases)[number]) =>
        one.needs === 'clock' && target.pass === undefined ? 'time cannot be made to pass' : false
      const run = (one: (typeof cases)[number]) =>
        context.test(one.name, { skip: skipped(one) }, () => check(one, name, target))
      await Promise.all(cases.map(run))
    })
  }
})
