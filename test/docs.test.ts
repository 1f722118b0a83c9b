import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { configurationPage } from '../scripts/configuration-page.ts'
import { conformancePage } from './aws/conformance-page.ts'
import { differingColumns } from './compat/differences.ts'
import { reasonsNotToRun } from './compat/not-covered.ts'

const docs = join(import.meta.dirname, '..', 'docs')

test('the configuration page says what the schema says (npm run docs)', () => {
  const page = readFileSync(join(docs, 'configuration.md'), 'utf8')
  assert.equal(page, configurationPage())
  assert.ok(!page.includes(hostname()), 'no default of one machine')
})

test('the page on AWS says what the conformance suite checks (npm run docs)', () => {
  assert.equal(readFileSync(join(docs, 'aws-conformance.md'), 'utf8'), conformancePage())
})

/** Number, feature, state, tests. */
const featureRow = /^\| (\d+) \| [^|]+ \| ([^|]+) \| (.*)\|$/gm

test('each feature of Enrich has its state, and what is there a test that exists', () => {
  const page = readFileSync(join(docs, 'compatibility.md'), 'utf8')
  const rows = [...page.matchAll(featureRow)]
  assert.deepEqual(
    rows.map(([, number]) => Number(number)),
    Array.from({ length: 94 }, (_, index) => index + 1),
  )
  for (const [, number, state = '', tests = ''] of rows) {
    assert.match(state, /^(?:✔|partly: .|✘ .)/, `the state of ${number}`)
    const files = linksIn(tests)
    assert.ok(files.length > 0 || !state.startsWith('✔'), `${number} is there and has no test`)
    for (const file of files) {
      assert.match(file, /\.test\.ts$/, `${number}: ${file} is no test`)
      assert.ok(existsSync(join(docs, file)), `${number}: there is no ${file}`)
    }
  }
})

const sharedFolder = process.env['MILLRACE_SHARED'] ?? join(docs, '..', '..', 'shared')
const skip = existsSync(join(sharedFolder, 'golden'))
  ? false
  : `there are no cases of Enrich in ${sharedFolder}/golden`

interface GoldenReport {
  readonly passed: number
  readonly failed: number
  readonly differences: Readonly<Record<string, string>>
  readonly reasons: Readonly<Record<string, string>>
}

/** Case, outcome, why. */
const caseRow = /^\| (`[^|]+`|\d+ cases of Yauaa) \| (different|not run) \| ([^|]+) \|$/gm

/** Path, what it takes, state with tests. */
const adapterRow = /^\| (?!\d)[^|]+ \| [^|]+ \| ✔ (\[.*)\|$/gm

test('each adapter has a test that exists', () => {
  const page = readFileSync(join(docs, 'compatibility.md'), 'utf8')
  const rows = [...page.matchAll(adapterRow)].map(([, tests = '']) => linksIn(tests))
  assert.equal(rows.length, 23)
  for (const file of rows.flat()) assert.ok(existsSync(join(docs, file)), `there is no ${file}`)
})

test('each of Enrich’s own cases passes or is listed with its reason', { skip }, context => {
  const page = readFileSync(join(docs, 'compatibility.md'), 'utf8')
  const { passed, failed, differences, reasons } = goldenReport()
  assert.equal(failed, 0)
  const all = passed + Object.keys(differences).length + Object.keys(reasons).length
  const [, cases, good] = /^Of the (\d+) cases of that share (\d+) pass\./m.exec(page) ?? []
  if (all !== Number(cases)) return context.skip(`the page tells of ${cases} cases, and here are ${all}`)
  assert.equal(Number(good), passed)
  const yauaa = Object.entries(reasons).filter(([, reason]) => reason === reasonsNotToRun.yauaa)
  const rows = [
    ...Object.entries(differences).map(([id, reason]) => [`\`${id}\``, 'different', reason]),
    ...Object.entries(reasons)
      .filter(([, reason]) => reason !== reasonsNotToRun.yauaa)
      .map(([id, reason]) => [`\`${id}\``, 'not run', reason]),
    [`${yauaa.length} cases of Yauaa`, 'not run', reasonsNotToRun.yauaa],
  ]
  assert.deepEqual(
    [...page.matchAll(caseRow)].map(([, ...cells]) => cells),
    rows,
  )
})

test('the columns that no case compares are listed', () => {
  const page = readFileSync(join(docs, 'compatibility.md'), 'utf8')
  const [, listed = ''] = /^Ten columns are compared in no case: ([^.]+)\./m.exec(page) ?? []
  assert.deepEqual(
    [...listed.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    [...differingColumns],
  )
})

/** Without a service of Yauaa, whatever this machine has. */
function goldenReport(): GoldenReport {
  const golden = join(import.meta.dirname, 'compat', 'golden.ts')
  const env = { ...process.env, MILLRACE_YAUAA_URL: undefined, MILLRACE_SHARED: sharedFolder }
  const { stdout, stderr } = spawnSync(process.execPath, [golden, '--json'], {
    env,
    encoding: 'utf8',
    timeout: 300_000,
    maxBuffer: 16 * 1024 * 1024,
  })
  const json = stdout.split('\n').find(line => line.startsWith('{'))
  assert.ok(json !== undefined, stderr)
  return JSON.parse(json) as GoldenReport
}

/** Without what comes after `#`. */
function linksIn(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)#]+)/g)].map(([, file = '']) => file)
}
