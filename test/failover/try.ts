import { run } from './run.ts'
import { scenarioOf } from './scenario.ts'
const [from = 1, to = 100] = process.argv.slice(2).map(Number)
const t = performance.now()
let bad = 0
for (let seed = from; seed < to; seed++) {
  const trace: string[] | undefined = to - from === 1 ? [] : undefined
  const r = await run(scenarioOf(seed), seed, trace)
  if (trace) console.log(trace.join('\n'))
  if (r.violations.length) {
    bad++
    console.log(seed, r.scenario, r.violations.slice(0, 4), r.violations.length)
  }
  if (to - from === 1) console.log({ ...r, violations: r.violations.length })
}
console.log({ bad, n: to - from, msPerSeed: (performance.now() - t) / (to - from) })
