import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Bench, refusalOf } from './bench.ts'
import { cases } from './cases/index.ts'
import { startTarget, targetNames, type TargetName } from './target.ts'

/** What the table says of a target. The real service has no excuse. */
function expected({ aws, differs = {} }: (typeof cases)[number], target: TargetName): string {
  return target === 'aws' ? aws : (differs[target] ?? aws)
}

describe('conformance', { concurrency: targetNames.length }, () => {
  for (const name of targetNames) {
    test(`Kinesis as ${name} plays it`, async context => {
      const target = await startTarget(name)
      if ('missing' in target) {
        context.skip(target.missing)
        return
      }
      context.after(() => target.close())
      const bench = new Bench(target)
      for (const one of cases) {
        await context.test(one.name, async context => {
          if (one.needs === 'clock' && !bench.hasClock) return context.skip('time cannot be made to pass')
          try {
            const observed = await one.observe(bench).catch(refusalOf)
            assert.equal(observed, expected(one, name))
          } finally {
            await bench.tidy()
          }
        })
      }
    })
  }
})
