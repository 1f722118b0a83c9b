// `npm run bench -- [NAME…] [--enrichments default] [--json]`: hot paths and whole pipelines, each beside what it is measured against.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { parseArgs } from 'node:util'

// What strips types stays in its process, and takes up to a quarter of its speed: 0.39 of the ceiling in place of 0.49.
// Built code has none of it. So the process that measures is one that finds everything stripped already.
if (process.env['MILLRACE_BENCH'] === undefined) {
  for (const file of globSync('*.ts', { cwd: import.meta.dirname }))
    if (file !== 'main.ts') await import(`./${file}`)
  flushCompileCache()
  const env = { ...process.env, MILLRACE_BENCH: 'stripped' }
  const args = [...process.execArgv, ...process.argv.slice(1)]
  process.exit(spawnSync(process.execPath, args, { env, stdio: 'inherit' }).status ?? 1)
}

/** Each gives its figures by name, or prints them itself. */
const benchmarks: Readonly<Record<string, () => Promise<object | void>>> = {
  leases: async () => (await import('./leases.ts')).benchLeases(),
  core: async () =>
    values.enrichments === undefined
      ? (await import('./core.ts')).benchCore()
      : (await import('./enrichments.ts')).benchEnrichments(),
  scripts: async () => (await import('./scripts.ts')).benchScripts(),
  embedded: async () => (await import('./embedded.ts')).benchEmbedded(),
  collector: async () => (await import('./collector.ts')).benchCollector(),
  'aws-local': async () => (await import('./aws-local.ts')).benchAwsLocal(),
  dedupe: async () => (await import('./dedupe.ts')).benchDedupe(),
  kinesis: async () => (await import('./kinesis.ts')).benchKinesis(),
  shards: async () => (await import('./shards.ts')).benchShards(),
  'shards-fan-out': async () => (await import('./shards.ts')).benchShards({ retrievalMode: 'FanOut' }),
  pipeline: async () => (await import('./pipeline.ts')).benchPipeline(),
  memory: async () => (await import('./memory.ts')).benchMemory(),
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, enrichments: { type: 'string' } },
})

for (const name of positionals.length > 0 ? positionals : Object.keys(benchmarks)) {
  const bench = benchmarks[name]
  if (bench === undefined) throw new RangeError(`no benchmark ${name}: ${Object.keys(benchmarks).join(', ')}`)
  const figures = (await bench()) ?? {}
  for (const [what, value] of Object.entries(figures)) console.log(`${name}: ${what} ${value}`)
  if (values.json === true) console.log(JSON.stringify(figures))
}
