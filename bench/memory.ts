import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { configSchema } from '../src/config/index.ts'
import { systemClock } from '../src/lib/index.ts'
import { unobserved } from '../src/observe/index.ts'
import { createStreams, openBackend } from '../src/service/index.ts'
import { fill, peakRssMiB } from './pipeline.ts'

const records = 150_000
const program = fileURLToPath(new URL('../src/cli.ts', import.meta.url))

/** The largest resident memory of `millrace run` while it works off a backlog, MiB, by number of shards. */
export async function benchMemory(): Promise<Readonly<Record<string, number>>> {
  const figures: Record<string, number> = {}
  for (const shards of [4, 100]) figures[`runRssMiB${shards}Shards`] = await measure(shards)
  return figures
}

async function measure(shards: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const settings = { embedded: { directory }, streams: { raw: { shards } } }
  try {
    const config = configSchema.parse(settings)
    const backend = await openBackend(config, { clock: systemClock, observe: unobserved })
    await createStreams(backend, config)
    await backend.close()
    await fill(config, records)
    return await runUntilDone(directory, settings)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function runUntilDone(directory: string, settings: object): Promise<number> {
  const port = await freePort()
  const file = join(directory, 'config.json')
  writeFileSync(file, JSON.stringify({ ...settings, monitoring: { http: { port }, logLevel: 'warn' } }))
  const worker = spawn(process.execPath, [program, 'run', '--config', file], { stdio: 'inherit' })
  const ended = once(worker, 'exit')
  while ((await recordsDone(port)) < records) {
    await Promise.race([systemClock.sleep(200), ended])
    if (worker.exitCode !== null) throw new Error(`the worker ended with code ${worker.exitCode}`)
  }
  const rss = peakRssMiB(worker.pid ?? 0)
  worker.kill('SIGTERM')
  await ended
  return rss
}

/** Raw records committed, by the worker's own metrics; none while it starts. */
async function recordsDone(port: number): Promise<number> {
  try {
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    return Number(/^millrace_records_total\{.*kind="raw".*\} (\d+)/m.exec(metrics)?.[1] ?? 0)
  } catch {
    return 0
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
