// `npm run bench -- [NAME…] [--enrichments default] [--json]`: hot paths and whole pipelines, each beside what it is measured against.
import { parseArgs } from 'node:util'

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
