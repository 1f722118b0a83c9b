import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { configurationPage } from '../scripts/configuration-page.ts'
import { conformancePage } from './aws/conformance-page.ts'

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
    for (const file of files) assert.ok(existsSync(join(docs, file)), `${number}: there is no ${file}`)
  }
})

/** Without what comes after `#`. */
function linksIn(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)#]+)/g)].map(([, file = '']) => file)
}
