import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkConfig } from '../src/config/index.ts'
import { systemClock } from '../src/lib/index.ts'
import { unobserved } from '../src/observe/index.ts'
import type { MillraceEvent } from '../src/observe/index.ts'
import { createStreams, openBackend, startWorkerProcess } from '../src/service/index.ts'

type Ended = Extract<MillraceEvent, { type: 'process-ended' }>

const title =
  'a replaced worker says why it does not start, is tried again, and given up where that cannot help'

test(title, { timeout: 60_000 }, async t => {
  const directory = join(mkdtempSync(join(tmpdir(), 'millrace-replaced-')), 'data')
  t.after(() => rmSync(join(directory, '..'), { recursive: true, force: true }))
  const document = {
    value: { embedded: { directory }, worker: { threads: 0 } },
    placeOf: () => ({ file: 'test', line: 1 }),
  }
  const config = checkConfig(document)
  const backend = await openBackend(config, { clock: systemClock, observe: unobserved })
  await createStreams(backend, config)
  await backend.close()

  const ends: Ended[] = []
  const waits: number[] = []
  const given = Promise.withResolvers<void>()
  const clock = {
    ...systemClock,
    async sleep(ms: number) {
      waits.push(ms)
      // First files that a restored backup would heal, then something that no wait can.
      rmSync(directory, { recursive: true })
      if (ends.length < 3) mkdirSync(directory)
      if (ends.length < 3) writeFileSync(join(directory, 'raw-raw.db'), 'no database'.repeat(1000))
      else writeFileSync(directory, '')
    },
  }
  const observe = (event: MillraceEvent): void => {
    if (event.type !== 'process-ended') return
    ends.push(event)
    if (event.restartInMs === undefined) given.resolve()
  }
  const documents = { igluConfig: null, enrichments: [] }
  const worker = await startWorkerProcess('worker-1', { config, documents }, { clock, observe })
  t.after(() => worker.stop('test'))
  assert.ok(worker.pid !== undefined)
  process.kill(worker.pid, 'SIGKILL')
  await given.promise

  const [killed, ...refused] = ends
  assert.deepEqual([killed?.signal, killed?.error], ['SIGKILL', undefined])
  const last = refused.pop()
  assert.ok(refused.length >= 2)
  for (const { error } of refused) assert.match(error ?? '', /^worker-1: .*the file is damaged/)
  assert.match(
    last?.error ?? '',
    /^worker-1: cannot make the directory .*it is not started again: correct this/,
  )
  assert.ok((waits[1] ?? 0) > (waits[0] ?? 0) * 0.9 && (waits.at(-1) ?? 0) > 1500, String(waits))
})

test('a worker that is killed while it starts for the first time is followed by another', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-killed-at-start-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const config = checkConfig({
    value: { embedded: { directory }, worker: { threads: 0 } },
    placeOf: () => ({ file: 'test', line: 1 }),
  })
  const ends: Ended[] = []
  const ready = Promise.withResolvers<void>()
  const observe = (event: MillraceEvent): void => {
    if (event.type === 'process-ended') ends.push(event)
    if (event.type === 'worker-ready') ready.resolve()
  }
  const documents = { igluConfig: null, enrichments: [] }
  const { NODE_OPTIONS: before } = process.env
  // Kills the process that begins with it. The next one begins without.
  process.env['NODE_OPTIONS'] = "--import=data:text/javascript,process.kill(process.pid,'SIGKILL')"
  const starting = startWorkerProcess('worker-1', { config, documents }, { clock: systemClock, observe })
  if (before === undefined) delete process.env['NODE_OPTIONS']
  else process.env['NODE_OPTIONS'] = before
  const worker = await starting
  t.after(() => worker.stop('test'))
  await ready.promise
  assert.equal(ends.length, 1)
  assert.equal(ends[0]?.error, 'worker-1 ended at start (SIGKILL)')
  assert.ok((ends[0].restartInMs ?? 0) > 0)
})
