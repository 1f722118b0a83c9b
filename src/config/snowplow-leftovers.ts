/** A value of Snowplow's file that we have no field for. */
export interface Leftover {
  /** Dotted, in the original. */
  readonly path: string
  readonly value: unknown
}

/** Settings that have no effect for one reason. */
export interface Ineffective {
  readonly paths: readonly string[]
  /** What is there in their place, for the person who wrote them. */
  readonly reason: string
}

interface Rule {
  /** Dotted paths; `*` stands for one step. What is below them is meant too. */
  readonly paths: readonly string[]
  /** Undefined: nobody misses it. */
  readonly reason?: string
  /** The one value to which the rule applies. */
  readonly value?: unknown
}

/** The first that fits counts. */
const rules: readonly Rule[] = [
  { paths: ['input.type', 'output.*.type', 'license'] },
  { paths: ['validation.exitOnJsCompileError'], value: true },
  { paths: ['telemetry.disable'], value: true },
  {
    paths: [
      'input.bufferSize',
      'input.checkpointBackoff',
      'input.checkpointThrottledBackoffPolicy',
      'input.debounceCheckpoints',
      'input.maxLeasesToStealAtOneTimeFactor',
      'input.apiCallAttemptTimeout',
      'output.*.backoffPolicy',
      'output.*.throttledBackoffPolicy',
      'output.*.maxRetries',
      'output.*.recordLimit',
      'output.*.byteLimit',
      'output.*.maxRecordSize',
      'remoteAdapters.connectionTimeout',
      'http',
      'iglu',
    ],
    reason: 'requests are sized, paced and repeated by rules of our own',
  },
  {
    paths: ['concurrency', 'cpuParallelismFraction', 'sinkParallelismFraction'],
    reason: 'worker.threads says how many threads enrich, and order allows one put at a time for each shard',
  },
  {
    paths: ['monitoring.metrics.*', 'input.cloudwatchCustomEndpoint'],
    reason: 'metrics go to Prometheus, StatsD and the log',
  },
  { paths: ['monitoring.sentry'], reason: 'errors are lines of JSON in the log' },
  { paths: ['telemetry'], reason: 'nothing is sent to anybody' },
  { paths: ['experimental.metadata', 'metadata'], reason: 'there is no metadata reporter' },
  { paths: ['identity'], reason: 'enrich.hooks.identity asks a service of yours' },
  {
    paths: ['compression', 'decompression'],
    reason: 'records are not compressed, and compressed ones are not read: docs/compatibility.md',
  },
  {
    paths: ['validation.exitOnJsCompileError'],
    reason: 'a script that cannot be compiled is refused at start',
  },
  { paths: ['jsAllowedJavaClasses'], reason: 'scripts have no Java: docs/enrichments.md' },
  {
    paths: ['output.*.region', 'output.*.customEndpoint'],
    reason: 'all streams are where the input is',
  },
  { paths: ['output.*.partitionKey'], reason: 'only output.good.partitionKey can be chosen' },
]

const unknown = 'there is no such setting here'

/** Why settings have no effect, each reason once, in the order of the file. */
export function explainLeftovers(leftovers: readonly Leftover[]): Ineffective[] {
  const found = new Map<string, string[]>()
  for (const leftover of leftovers) {
    const { path, reason } = explain(leftover)
    if (reason === undefined) continue
    const paths = found.get(reason) ?? []
    found.set(reason, paths.includes(path) ? paths : [...paths, path])
  }
  return [...found].map(([reason, paths]) => ({ reason, paths }))
}

/** Named as high up as the rule that it falls under: `telemetry`, not each of its fields. */
function explain({ path, value }: Leftover): { readonly path: string; readonly reason: string | undefined } {
  const steps = path.split('.')
  for (const rule of rules) {
    if ('value' in rule && rule.value !== value) continue
    const depth = Math.max(...rule.paths.map(pattern => depthOf(pattern, steps)))
    if (depth > 0) return { path: steps.slice(0, depth).join('.'), reason: rule.reason }
  }
  return { path, reason: unknown }
}

/** How many steps of a path a pattern covers; 0: it does not fit. */
function depthOf(pattern: string, steps: readonly string[]): number {
  const wanted = pattern.split('.')
  return wanted.every((step, index) => step === steps[index] || (step === '*' && index < steps.length))
    ? wanted.length
    : 0
}
