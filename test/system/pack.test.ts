// What `npm pack` makes runs when it is installed elsewhere, as plain JavaScript.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { encodeCollectorPayload } from '../../src/core/index.ts'

const root = join(import.meta.dirname, '..', '..')
const home = mkdtempSync(join(tmpdir(), 'millrace-pack-'))
after(() => rmSync(home, { recursive: true, force: true }))

test('the package works when installed elsewhere', { timeout: 300_000 }, () => {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', home], { cwd: root })
  const [tarball] = readdirSync(home).filter(name => name.endsWith('.tgz'))
  writeFileSync(join(home, 'package.json'), '{ "private": true }')
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', `./${tarball}`], { cwd: home })
  const installed = join(home, 'node_modules', 'millrace')
  assert.ok(
    !readdirSync(join(installed, 'dist')).some(name => name.endsWith('.ts') && !name.endsWith('.d.ts')),
  )

  const bin = join(home, 'node_modules', '.bin', 'millrace')
  const version = execFileSync(process.execPath, [bin, '--version']).toString().trim()
  assert.match(version, /^\d+\.\d+\.\d+$/)

  const payload = encodeCollectorPayload({
    ipAddress: '203.0.113.7',
    timestamp: 1_767_225_600_000,
    encoding: 'UTF-8',
    collector: 'test',
    path: '/i',
    querystring: 'e=pv&p=web&tv=test&aid=pack&url=https%3A%2F%2Fexample.com%2F',
  })
  const input = `${Buffer.from(payload).toString('base64')}\n`
  const enriched = spawnSync(process.execPath, [bin, 'enrich'], { input, cwd: home })
  assert.equal(enriched.status, 0, enriched.stderr.toString())
  const columns = enriched.stdout.toString().replace(/\n$/, '').split('\t')
  assert.equal(columns.length, 131)
  assert.equal(columns[0], 'pack')

  const library = `import { planLeases } from 'millrace'; console.log(planLeases([{ shardId: 's' }], 'w').claim[0])`
  const used = execFileSync(process.execPath, ['--input-type=module', '-e', library], { cwd: home })
  assert.equal(used.toString().trim(), 's')
})
