import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
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
