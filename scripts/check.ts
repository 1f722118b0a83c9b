// `npm run check`: format, types, lint and unit tests, in seconds. Each prints only when it has something to say.
// `-- --static` leaves the tests out, where `npm test` comes next.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'

// Starting a process for each file takes longer than the tests. `npm test` does that, so that what one file leaves
// behind cannot hide a fault of the next.
const processes = Math.min(availableParallelism(), 4)
const unitFiles = ['src/**/*.test.ts', 'test/architecture.test.ts']
const unitTests = Array.from({ length: processes }, (_, index) => {
  const part = `--test-shard=${index + 1}/${processes}`
  return ['--test', '--test-isolation=none', part, '--test-reporter', 'dot', ...unitFiles]
})

// Files that have not changed are not looked at again.
const cached = ['--cache', '--cache-strategy', 'content']

/** The commands of one step run at the same time. */
const steps: readonly (readonly [string, readonly (readonly string[])[]])[] = [
  ['format', [['node_modules/prettier/bin/prettier.cjs', '--check', ...cached, '--log-level', 'warn', '.']]],
  ['types', [['node_modules/typescript/bin/tsc', '--project', '.']]],
  ['lint', [['node_modules/oxlint/bin/oxlint', '--type-aware', '--quiet', '.']]],
  ['unit tests', unitTests],
]

const wanted = process.argv.includes('--static') ? steps.slice(0, -1) : steps
for (const [name, commands] of wanted) {
  const started = performance.now()
  const statuses = await Promise.all(commands.map(run))
  if (statuses.some(status => status !== 0)) {
    console.error(`check: ${name} failed`)
    process.exit(1)
  }
  console.log(`${name}: ok (${((performance.now() - started) / 1000).toFixed(1)} s)`)
}

function run(args: readonly string[]): Promise<number | null> {
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  return new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve))
}
