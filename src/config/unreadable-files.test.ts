import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ConfigError, loadConfig, loadEnrichments, loadIgluConfig } from './index.ts'

/** A pipe that nobody writes into, a directory, and a device that never ends, all with names of configurations. */
function strangeFiles(t: TestContext): (name: string) => string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-unreadable-'))
  t.after(() => rmSync(directory, { recursive: true }))
  execFileSync('mkfifo', [join(directory, 'a.json')])
  mkdirSync(join(directory, 'b.json'))
  symlinkSync('/dev/zero', join(directory, 'c.hocon'))
  return name => join(directory, name)
}

function problems(work: () => unknown): string[] {
  try {
    work()
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.problems.map(({ source, cause }) => `${source}: ${cause}`)
  }
}

test('what is no regular file is refused by its name, among enrichments and as any other configuration', t => {
  const at = strangeFiles(t)
  const refused = [
    `${at('a.json')}: cannot be read: it is no regular file`,
    `${at('b.json')}: cannot be read: it is a directory`,
    `${at('c.hocon')}: cannot be read: it is no regular file`,
  ]
  assert.deepEqual(
    problems(() => loadEnrichments(at(''), {})),
    refused,
  )
  const names = ['a.json', 'b.json', 'c.hocon'].map(at)
  assert.deepEqual(
    names.flatMap(config => problems(() => loadConfig({ config, environment: {} }))),
    refused,
  )
  assert.deepEqual(
    names.flatMap(name => problems(() => loadIgluConfig(name, {}))),
    refused,
  )
})

test('a file of more than 16 MiB is refused before it is read whole', t => {
  const path = strangeFiles(t)('large.yaml')
  writeFileSync(path, `backend: embedded\n#${'x'.repeat(16 * 1024 * 1024)}`)
  assert.match(
    problems(() => loadConfig({ config: path, environment: {} })).join(),
    /it has more than \d+ bytes$/,
  )
})

test('an include is a file, or it is refused; one that is not there may be left out', t => {
  const at = strangeFiles(t)
  const including = (name: string) => {
    writeFileSync(at('main.conf'), `include "${name}"\ncollector.port = 8123`)
    return problems(() => loadConfig({ config: at('main.conf'), environment: {} }))
  }
  assert.deepEqual(including('a.json'), [`${at('a.json')}: cannot be included: it is no regular file`])
  assert.deepEqual(including('c.hocon'), [`${at('c.hocon')}: cannot be included: it is no regular file`])
  mkdirSync(at('more'))
  assert.deepEqual(including('more'), [`${at('more')}: cannot be included: it is a directory`])
  writeFileSync(at('more.conf'), 'backend = embedded')
  assert.deepEqual(including('more'), [])
  assert.deepEqual(including('nothing'), [])
})
