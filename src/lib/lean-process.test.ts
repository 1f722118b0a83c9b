import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { text } from 'node:stream/consumers'
import { leanArguments } from './lean-process.ts'

const program = `
  const { becomeLean } = await import(${JSON.stringify(new URL('lean-process.ts', import.meta.url).href)})
  becomeLean()
  console.log(JSON.stringify({ pid: process.pid, flags: process.execArgv, arenas: process.env.MALLOC_ARENA_MAX }))
`

async function run(flags: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [...flags, '--input-type=module', '--eval', program], { env })
  const { pid, ...rest } = JSON.parse(await text(child.stdout))
  return { samePid: pid === child.pid, ...rest }
}

test('a process becomes lean under its own id', { skip: process.platform === 'win32' }, async () => {
  const { samePid, flags, arenas } = await run([], {})
  assert.ok(samePid)
  assert.deepEqual(flags.slice(0, leanArguments.length), leanArguments)
  assert.equal(arenas, '2')
})

test('it stays as it was started when it is lean, or says otherwise', async () => {
  assert.equal((await run(leanArguments, {})).arenas, undefined)
  assert.equal((await run([], { MALLOC_ARENA_MAX: '7' })).arenas, '7')
})
