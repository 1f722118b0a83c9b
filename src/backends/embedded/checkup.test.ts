import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { checkDirectory, judgeKind, judgeSpace } from './checkup.ts'

function home(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-checkup-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

test('a directory that is there, or can be made, is fine, and nothing is left in it', t => {
  const directory = home(t)
  assert.match(checkDirectory(directory)[0]?.found ?? '', /^can be written$/)
  const missing = checkDirectory(join(directory, 'a', 'b'))
  assert.equal(missing[0]?.level, 'ok')
  assert.match(missing[0]?.found ?? '', /^is not there yet, and can be made in /)
  assert.deepEqual(readdirSync(directory), [])
})

test('a directory that cannot be made is the only problem that is told', t => {
  const file = join(home(t), 'file')
  writeFileSync(file, '')
  for (const path of [file, join(file, 'below'), '/proc/millrace']) {
    const findings = checkDirectory(path)
    assert.deepEqual(
      findings.map(({ level }) => level),
      ['problem'],
      path,
    )
    assert.match(findings[0]?.next ?? '', /embedded\.directory/)
  }
})

test('little space is a warning, next to none a problem', () => {
  const levels = [5 * 1024 ** 3, 500 * 1024 ** 2, 5 * 1024 ** 2].map(free => judgeSpace(free).level)
  assert.deepEqual(levels, ['ok', 'warning', 'problem'])
})

test('files on a network are a problem, files in memory a warning, files on a disk nothing', () => {
  const [nfs, tmpfs, ext4] = [0x6969, 0x01021994, 0xef53]
  assert.deepEqual(
    [nfs, tmpfs, ext4].map(type => judgeKind(type)?.level),
    ['problem', 'warning', undefined],
  )
})
