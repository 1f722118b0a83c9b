import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openEmbedded } from '../../src/backends/embedded/index.ts'
import { configDefaults } from '../../src/config/index.ts'
import { systemClock } from '../../src/lib/index.ts'
import { Disk } from './disk.ts'
import { streams } from './fleet.ts'
import type { Act, Site } from './site.ts'

/** One directory, on a disk of its own where this user may mount one. */
export function embeddedSite(data: string, bytes: number): Site {
  const disk = Disk.mount(data, bytes)
  mkdirSync(data, { recursive: true })
  return {
    configuration: `embedded.directory = ${JSON.stringify(data)}`,
    leaseMs: configDefaults.leases.leaseMs,
    acts: {
      ...(disk !== undefined && { 'disk-full': fill(disk, data) }),
      'slow-leases': holdLock(data, 'heartbeats.db'),
      'stuck-leases': holdLock(data, 'heartbeats.db'),
      'slow-outputs': holdLock(data, 'outputs.db'),
      'slow-raw': holdLock(data, `raw-${streams.raw}.db`),
    },
    missing: disk === undefined ? ['no disk-full: this user may not mount a file system of its own'] : [],
    once: 'in-stream',
    batchRecords: 1,
    aftermathMs: 0,
    heldPuts: [],
    environmentOf: async () => ({}),
    open: () => openEmbedded({ directory: data }),
    calm: async () => {},
    end: keep => (keep ? undefined : disk?.unmount()),
  }
}

function fill(disk: Disk, data: string): Act {
  return async ({ forMs }) => {
    await script('empty-wal.ts', join(data, `raw-${streams.raw}.db`), join(data, 'outputs.db'))
    const full = disk.fill()
    await systemClock.sleep(forMs)
    return disk.empty() && full ? ['disk'] : []
  }
}

function holdLock(data: string, file: string): Act {
  return async ({ forMs }) => {
    await script('hold-lock.ts', join(data, file), String(Math.round(forMs)))
    return [file]
  }
}

/** Runs a file of this folder in a process of its own. */
async function script(name: string, ...args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, name), ...args], { stdio: 'ignore' })
  await once(child, 'exit')
}
