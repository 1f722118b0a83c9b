import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { configSchema } from '../src/config/index.ts'
import { allOutputs, killUnderTraffic } from './kill.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-kill-'))
after(() => rmSync(directory, { recursive: true, force: true }))

test('kill -9 of a worker under traffic: the other takes over, nothing is lost, nothing comes twice', () =>
  killUnderTraffic(
    configSchema.parse({
      embedded: { directory },
      collector: { port: 0 },
      streams: allOutputs,
      worker: { threads: 1, maxBatchRecords: 50 },
    }),
  ))
