// `npm run check`: format, types, lint and unit tests, in seconds. Each prints only when it has something to say.
import { spawnSync } from 'node:child_process'

const steps: [string, string[]][] = [
  ['format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.']],
  ['types', ['node_modules/typescript/bin/tsc', '--project', '.']],
  ['lint', ['node_modules/oxlint/bin/oxlint', '--type-aware', '--quiet', '.']],
  ['unit tests', ['--test', '--test-reporter', 'dot', 'src/**/*.test.ts', 'test/architecture.test.ts']],
]

for (const [name, args] of steps) {
  const started = performance.now()
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) {
    console.error(`check: ${name} failed`)
    process.exit(1)
  }
  console.log(`${name}: ok (${((performance.now() - started) / 1000).toFixed(1)} s)`)
}
