import { isObject, membersOf, type Members } from '../lib/index.ts'
import { explainLeftovers, type Ineffective, type Leftover } from './snowplow-leftovers.ts'

// Snowplow Enrich's own configuration of its Kinesis application (3.9 and 6.x), in our words.

/** A document in our words, and what of the original has no meaning here. */
export interface Translated {
  readonly value: unknown
  /** Where a field of ours stood in the original. */
  readonly originOf: (path: readonly PropertyKey[]) => readonly PropertyKey[]
  readonly ineffective: readonly Ineffective[]
  readonly conflicts: readonly Conflict[]
}

/** What the original says and cannot be had here, although it matters. */
export interface Conflict {
  /** Dotted, in the original. */
  readonly path: string
  readonly cause: string
  readonly next: string
}

/** Their field, and ours. Where two of theirs mean the same, the later one wins. */
const fields: readonly (readonly [string, string])[] = [
  ['input.streamName', 'streams.raw.name'],
  ['input.appName', 'application'],
  ['input.region', 'aws.region'],
  ['input.initialPosition', 'input.initialPosition'],
  ['input.retrievalMode', 'aws.retrievalMode'],
  ['input.customEndpoint', 'aws.endpoint'],
  ['input.dynamodbCustomEndpoint', 'aws.dynamodbEndpoint'],
  ['input.workerIdentifier', 'worker.name'],
  ['input.leaseDuration', 'leases.leaseMs'],
  ['output.good.streamName', 'streams.good.name'],
  ['output.good.partitionKey', 'enrich.partitionKey'],
  ['output.good.recordLimit', 'aws.maxRequestRecords'],
  ['output.good.byteLimit', 'aws.maxRequestBytes'],
  ['output.good.maxRecordSize', 'enrich.maxRecordBytes'],
  ['output.bad.streamName', 'streams.bad.name'],
  ['output.pii.streamName', 'streams.pii.name'],
  ['output.incomplete.streamName', 'streams.failed.name'],
  ['output.failed.streamName', 'streams.failed.name'],
  ['featureFlags.acceptInvalid', 'enrich.acceptInvalid'],
  ['featureFlags.legacyEnrichmentOrder', 'enrich.legacyEnrichmentOrder'],
  ['featureFlags.tryBase64Decoding', 'enrich.tryBase64Decoding'],
  ['validation.acceptInvalid', 'enrich.acceptInvalid'],
  ['validation.atomicFieldsLimits', 'enrich.atomicFieldsLimits'],
  ['validation.maxJsonDepth', 'enrich.maxJsonDepth'],
  ['assetsUpdatePeriod', 'enrich.assetsUpdatePeriodMs'],
  ['adaptersSchemas', 'enrich.adaptersSchemas'],
  ['remoteAdapters.readTimeout', 'enrich.remoteAdapters.timeoutMs'],
  ['remoteAdapters.maxConnections', 'enrich.remoteAdapters.maxConnections'],
  ['remoteAdapters.configs', 'enrich.remoteAdapters.configs'],
  ['monitoring.healthProbe.port', 'monitoring.http.port'],
  ['monitoring.healthProbe.unhealthyLatency', 'monitoring.unhealthyAfterMs'],
  ['monitoring.metrics.statsd.hostname', 'monitoring.metrics.statsd.hostname'],
  ['monitoring.metrics.statsd.port', 'monitoring.metrics.statsd.port'],
  ['monitoring.metrics.statsd.tags', 'monitoring.metrics.statsd.tags'],
  ['monitoring.metrics.statsd.period', 'monitoring.metrics.statsd.periodMs'],
  ['monitoring.metrics.statsd.prefix', 'monitoring.metrics.statsd.prefix'],
  ['monitoring.metrics.stdout.period', 'monitoring.metrics.stdout.periodMs'],
  ['monitoring.metrics.stdout.prefix', 'monitoring.metrics.stdout.prefix'],
]

/** Ours, which may stand beside theirs. */
const ours: ReadonlySet<string> = new Set([
  'backend',
  'application',
  'aws',
  'embedded',
  'streams',
  'worker',
  'lifecycle',
  'leases',
  'enrich',
  'collector',
  'igluConfig',
  'enrichments',
  'monitoring.http',
  'monitoring.logLevel',
  'monitoring.metrics.statsd.periodMs',
  'monitoring.metrics.stdout.periodMs',
  'monitoring.unhealthyAfterMs',
])

/** Where an empty text means something else than an absent field. */
const mayBeEmpty = /\.prefix$/

/** What the application of another cloud calls its input. */
const otherInputs: Readonly<Record<string, string>> = {
  subscription: 'Pub/Sub',
  topicName: 'Kafka',
  topic: 'NSQ',
  dir: 'files',
}

/** Undefined, or of which of Snowplow's applications that read something else than Kinesis a document is. */
export function otherApplication(
  document: unknown,
): { readonly path: string; readonly reads: string } | undefined {
  if (!isObject(document) || !isObject(document['input'])) return undefined
  const field = Object.keys(document['input']).find(name => Object.hasOwn(otherInputs, name))
  return field === undefined ? undefined : { path: `input.${field}`, reads: otherInputs[field] ?? '' }
}

/** Undefined for a document that is not Snowplow's. */
export function fromSnowplow(document: unknown): Translated | undefined {
  if (!isObject(document) || at(document, 'input.streamName') === undefined) return undefined
  const known = new Map(fields)
  const origins = new Map<string, string>()
  const leftovers: Leftover[] = []
  let value: Members = { backend: 'aws' }
  for (const [path, leaf] of leaves(document, known)) {
    const target =
      ours.has(path) || [...ours].some(own => path.startsWith(`${own}.`)) ? path : known.get(path)
    if (target === undefined) leftovers.push({ path, value: leaf })
    else if (leaf !== '' || mayBeEmpty.test(path)) {
      value = set(value, target.split('.'), leaf)
      origins.set(target, path)
    }
  }
  const differing = leftovers.filter(leftover => !agrees(leftover, value))
  return {
    value,
    originOf: path => originOf(path, origins),
    ineffective: explainLeftovers(differing),
    conflicts: differing.flatMap(leftover => conflict(leftover, value)),
  }
}

/** What the input says for an output's place, where `path` is one. */
function placeOfInput(path: string, value: Members): unknown {
  const [, name] = /^output\.\w+\.(region|customEndpoint)$/.exec(path) ?? []
  if (name === undefined) return undefined
  return at(value, name === 'region' ? 'aws.region' : 'aws.endpoint')
}

function agrees({ path, value: found }: Leftover, value: Members): boolean {
  return found === '' || (found !== undefined && found === placeOfInput(path, value))
}

/** Writing to a stream of the same name in another place would be worse than not to start. */
function conflict({ path, value: found }: Leftover, value: Members): Conflict[] {
  const wanted = placeOfInput(path, value)
  if (wanted === undefined) return []
  return [{ path, cause: `found ${shown(found)}, and the input has ${shown(wanted)}`, next: onePlace }]
}

const onePlace = 'all streams must be in one place: run where the output is, or replicate the stream'

function shown(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing'
}

function originOf(
  path: readonly PropertyKey[],
  origins: ReadonlyMap<string, string>,
): readonly PropertyKey[] {
  for (let length = path.length; length > 0; length--) {
    const origin = origins.get(path.slice(0, length).join('.'))
    if (origin !== undefined) return [...origin.split('.'), ...path.slice(length)]
  }
  return path
}

/** Every value with its path; what is known as a whole is not taken apart. */
function leaves(
  tree: Members,
  known: ReadonlyMap<string, string>,
  path = '',
): (readonly [string, unknown])[] {
  return Object.entries(tree).flatMap(([name, value]) => {
    const here = path === '' ? name : `${path}.${name}`
    if (isObject(value) && !known.has(here) && !ours.has(here)) return leaves(value, known, here)
    return [[here, value] as const]
  })
}

function at(tree: Members, path: string): unknown {
  return path.split('.').reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), tree)
}

function set(tree: Members, [first = '', ...rest]: readonly string[], leaf: unknown): Members {
  const inner = tree[first]
  return { ...tree, [first]: rest.length === 0 ? leaf : set(membersOf(inner), rest, leaf) }
}
