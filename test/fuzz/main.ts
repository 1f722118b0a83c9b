// `npm run fuzz -- [--seconds N] [--payloads N] [--seed S] [--from N] [--json]`: hostile payloads for every adapter through
// every enrichment, and hostile configurations. Faults go to stderr with the seed and the payload's number, which
// `--seed S --from N --payloads 1` shows again. With --json the last line is the report. Exit code 1: there was a fault, or
// an adapter or enrichment that nothing was done with.
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { runFuzz } from './run.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    payloads: { type: 'string' },
    seed: { type: 'string' },
    from: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
  },
})

function numberOf(name: string, text: string): number {
  const number = Number(text)
  if (Number.isFinite(number) && number >= 0) return number
  console.error(`fuzz: --${name} must be a number, and is ${text}`)
  process.exit(64)
}

const seed = numberOf('seed', values.seed ?? String(randomInt(1_000_000)))
const { seconds, payloads } = values
console.error(`fuzz: seed ${seed}`)
const report = await runFuzz({
  seed,
  from: numberOf('from', values.from),
  ...(payloads !== undefined && { payloads: numberOf('payloads', payloads) }),
  ...(seconds !== undefined && { seconds: numberOf('seconds', seconds) }),
  ...(payloads === undefined && seconds === undefined && { seconds: 60 }),
  say: line => console.error(line),
})
if (report.untouched.length > 0) console.error(`fuzz: nothing was done with ${report.untouched.join(', ')}`)
const { faults, ...figures } = report
if (values.json) console.log(JSON.stringify(figures))
else
  console.log(
    `fuzz: seed ${seed}: ${figures.payloads} payloads, ${figures.events} events, ${faults.length} faults`,
  )
// With --payloads 1 not everything can be reached.
const enough = payloads === undefined || figures.payloads >= 1000
process.exitCode = faults.length > 0 || (enough && report.untouched.length > 0) ? 1 : 0
