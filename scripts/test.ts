// `npm test [PATH …]`: the tests beside the sources and those that cross rooms. Slower suites: see .ci/run.
import { spawnSync } from 'node:child_process'

const patterns = process.argv.slice(2)
const files =
  patterns.length > 0
    ? patterns
    : ['src/**/*.test.ts', 'test/*.test.ts', 'test/{chaos,compat,failover,fuzz,interop}/*.test.ts']
// Far longer than any file takes: what hangs is to be told, not to be waited for.
const timeout = '--test-timeout=400000'
const { status } = spawnSync(process.execPath, ['--test', timeout, ...files], { stdio: 'inherit' })
process.exit(status ?? 1)
