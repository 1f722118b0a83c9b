import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openEmbedded } from '../src/backends/embedded/index.ts'
import { columns, type ColumnName } from '../src/core/index.ts'

const program = join(import.meta.dirname, '..', 'src', 'cli.ts')

function run(
  cwd: string,
  args: readonly string[],
): Promise<{ readonly code: unknown; readonly out: string }> {
  return new Promise(resolve => {
    execFile(process.execPath, [program, ...args], { cwd, timeout: 60_000 }, (error, out, err) =>
      resolve({ code: error?.code ?? 0, out: out + err }),
    )
  })
}

const line = (values: Partial<Record<ColumnName, string>>) =>
  columns.map(([name]) => values[name] ?? '').join('\t')

test('two files, or a file and a stream, are compared by what they mean', async t => {
  const cwd = mkdtempSync(join(tmpdir(), 'millrace-parity-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  const ours = [1, 2, 3].map(id => line({ event_id: `e${id}`, tr_total: '1.50', geo_city: 'A' }))
  const theirs = [3, 2, 1].map(id =>
    line({ event_id: `e${id}`, tr_total: '1.5', geo_city: id === 2 ? '' : 'A' }),
  )
  writeFileSync(join(cwd, 'ours.tsv'), ours.join('\n'))
  writeFileSync(join(cwd, 'theirs.tsv'), theirs.join('\n'))

  const embedded = openEmbedded({ directory: join(cwd, 'millrace-data') })
  await embedded.createStream('copy', { shards: 2, role: 'output' })
  t.after(() => embedded.close())
  await embedded
    .producer('copy')
    .put(ours.map((text, key) => ({ partitionKey: `k${key}`, data: Buffer.from(text) })))
  await embedded.close()

  const [different, ignoring, stream, missing] = await Promise.all([
    run(cwd, ['parity', 'ours.tsv', 'theirs.tsv']),
    run(cwd, ['parity', 'ours.tsv', 'theirs.tsv', '--ignore', 'geo_city', '--json']),
    run(cwd, ['parity', 'ours.tsv', 'stream:copy']),
    run(cwd, ['parity', 'ours.tsv', 'none.tsv']),
  ])
  assert.equal(different.code, 65)
  assert.match(different.out, /geo_city +only in A +1 +A\n\ndifferent\n/)
  assert.equal(ignoring.code, 0, ignoring.out)
  assert.deepEqual(JSON.parse(ignoring.out).events, { a: 3, b: 3, both: 3, equal: 3 })
  assert.equal(stream.code, 0, stream.out)
  assert.match(stream.out, /same: both say the same of every event/)
  assert.equal(missing.code, 66)
  assert.match(missing.out, /reading none\.tsv failed .*check its name/)
})

test('a line ends at a line feed and nowhere else', async t => {
  const cwd = mkdtempSync(join(tmpdir(), 'millrace-parity-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  const title = 'a\u2028b\u2029c\u0085d\u000Be'
  writeFileSync(join(cwd, 'unix.tsv'), `${line({ event_id: 'e1', page_title: title })}\n`)
  writeFileSync(join(cwd, 'windows.tsv'), `${line({ event_id: 'e1', page_title: title })}\r\n`)
  const { code, out } = await run(cwd, ['parity', 'unix.tsv', 'windows.tsv'])
  assert.equal(code, 0, out)
})

test('what cannot be compared is refused with what to do', async t => {
  const cwd = mkdtempSync(join(tmpdir(), 'millrace-parity-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  writeFileSync(join(cwd, 'long'), Buffer.alloc(70 * 1024 * 1024))
  const [long, folder, twice] = await Promise.all(
    ['long', '.', '-'].map(operand => run(cwd, ['parity', operand, '-'])),
  )
  assert.deepEqual([long?.code, folder?.code, twice?.code], [65, 66, 64])
  assert.match(long?.out ?? '', /long: a line is longer than \d+ bytes/)
  assert.match(folder?.out ?? '', /reading \. failed \(EISDIR/)
  assert.match(twice?.out ?? '', /name a file for the other/)
})
