import { enrichmentKinds } from '../../src/core/enrich/registry.ts'
import type { CoreOptions, CoreOutput } from '../../src/core/index.ts'
import { MillraceError } from '../../src/lib/index.ts'
import { configurationTexts } from './configuration-texts.ts'
import { newCore, type CoreParts, type FuzzedCore } from './core.ts'
import { documentsOf, flavours } from './documents.ts'
import { newAssets } from './files.ts'
import { changeJson, define, json } from './hostile-json.ts'
import * as hostile from './hostile.ts'
import { makePayload } from './payloads.ts'
import { Random } from './random.ts'
import { describe, inTime, recordOf } from './trial.ts'
import { cpuMs } from './watched.ts'

/** What became of the hostile configurations. */
export interface Configurations {
  accepted: number
  refused: number
  slowestMs: number
}

export interface Tried {
  readonly accepted: boolean
  /** The configuration, cut. */
  readonly what: string
  readonly bugs: readonly string[]
  readonly ms: number
  readonly outputs: readonly { readonly output: CoreOutput; readonly options: CoreOptions }[]
}

/** A configuration is tried with every so many payloads. */
export const configurationEvery = 8

const wordy = [
  'api_request_enrichment_config',
  'sql_query_enrichment_config',
  'javascript_script_config',
  'pii_enrichment_config',
  'http_header_extractor_config',
  'weather_enrichment_config',
]

/**
 * One configuration with something else in it, or a file of one that is broken: it is refused by a MillraceError, or
 * events go through it as through any other.
 */
export async function fuzzConfiguration(seed: number, number: number, parts: CoreParts): Promise<Tried> {
  const random = new Random(seed, number, 0xc0)
  const flavour = random.pick(flavours)
  const names = Object.keys(enrichmentKinds)
  // By turns, and those with most to read once more.
  const name = random.chance(0.5)
    ? (names[Math.floor(number / configurationEvery) % names.length] ?? '')
    : random.pick(wordy)
  const breaksFile = random.chance(0.25)
  const documents = documentsOf(name, flavour).map(one => (breaksFile ? one : changed(random, one)))
  const assets = newAssets(bytes => (breaksFile ? broken(random, bytes) : bytes))
  const what = JSON.stringify(documents).slice(0, 1500)
  const began = cpuMs()
  let fuzzed: FuzzedCore
  try {
    fuzzed = await inTime(newCore([...neededBy(name), ...documents], flavour, { ...parts, assets }))
  } catch (error) {
    const ms = cpuMs() - began
    const bugs = isRefusal(error) ? [] : [describe(error)]
    return { accepted: false, what, bugs, ms, outputs: [] }
  }
  const startMs = cpuMs() - began
  try {
    const { bugs, outputs, slowestMs } = await events(fuzzed, seed, number)
    return { accepted: true, what, bugs, ms: Math.max(startMs, slowestMs), outputs }
  } finally {
    await fuzzed.close()
  }
}

/** A refusal says what is wrong. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof MillraceError)) return false
  return (error.code === 'config' || error.code === 'asset') && error.message.length > 20
}

/** Enrichments that live on what the IP lookups found. */
const onAddresses: ReadonlySet<string> = new Set(['weather_enrichment_config', 'asn_lookups'])

/** What comes before an enrichment that lives on another. */
function neededBy(name: string): readonly unknown[] {
  return onAddresses.has(name) ? documentsOf('ip_lookups', 'second') : []
}

async function events({ core, options }: FuzzedCore, seed: number, number: number) {
  const bugs: string[] = []
  const outputs: { output: CoreOutput; options: CoreOptions }[] = []
  let slowestMs = 0
  // Even numbers are those of trackers.
  for (const offset of [0, 2, 4]) {
    const record = recordOf(makePayload(seed, (number & ~1) + offset).data, number)
    const began = cpuMs()
    try {
      const made = core.emit(await inTime(core.process(record)), record)
      outputs.push(...made.map(output => ({ output, options })))
    } catch (error) {
      bugs.push(describe(error))
    }
    slowestMs = Math.max(slowestMs, cpuMs() - began)
  }
  return { bugs, outputs, slowestMs }
}

function changed(random: Random, document: unknown): unknown {
  const copy: unknown = structuredClone(document)
  const { data } = copy as { data: object }
  if (random.chance(0.1)) return changeJson(random, copy)
  for (let left = 1 + random.below(3); left > 0; left--) changeLeaf(random, data)
  return copy
}

/** A value becomes another one of its kind, mostly: what is of another kind is refused by the schema. */
function changeLeaf(random: Random, root: object): void {
  const leaves = leavesOf(root)
  if (leaves.length === 0) return
  const read = leaves.filter(({ key }) => Object.hasOwn(configurationTexts, key))
  const { place, key, value } = random.pick(read.length > 0 && random.chance(0.6) ? read : leaves)
  const other = random.chance(0.85) ? alike(random, value, key) : json(random, 2)
  define(place, key, other)
}

interface Leaf {
  readonly place: object
  readonly key: string
  readonly value: unknown
}

function leavesOf(place: object): Leaf[] {
  return Object.entries(place).flatMap(([key, value]: [string, unknown]): Leaf[] => {
    const below = typeof value === 'object' && value !== null ? leavesOf(value) : []
    return key === 'enabled' || key === 'schema' ? below : [{ place, key, value }, ...below]
  })
}

function alike(random: Random, value: unknown, key: string): unknown {
  if (typeof value === 'number')
    return random.pick([0, 1, -1, 2, 5, 8, 64, 1e6, 2 ** 31, 2 ** 53, 1e15, 1e300, 0.5, -0])
  if (typeof value === 'boolean') return !value
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value
    return random.pick([
      () => [],
      () => [...list, ...list],
      () => Array.from({ length: 3000 }, () => list[0]),
      () => list.toReversed(),
    ])()
  }
  if (typeof value !== 'string') return changeJson(random, value)
  const known = Object.hasOwn(configurationTexts, key) ? (configurationTexts[key] ?? []) : []
  if (known.length > 0 && random.chance(0.6)) return random.pick(known)
  return random.chance(0.5) ? hostile.mutateText(random, value) : hostile.anyText(random)
}

/** A file that broke on its way, or was made by somebody who means it. */
function broken(random: Random, bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes)
  const kind = random.next()
  if (kind < 0.1) return Buffer.alloc(0)
  if (kind < 0.3) return copy.subarray(0, random.below(copy.length))
  if (kind < 0.4)
    return Buffer.from(
      random.pick([
        '[]',
        'null',
        '{',
        '{"search":{"a":null}}',
        '{"search":{"a":{"domains":"x"}}}',
        '['.repeat(50_000),
        '\n'.repeat(50_000),
        'a: &a [*a,*a]',
        '|||||||\n',
        '999.999.999.999/99\n',
      ]),
    )
  for (let left = 1 + random.below(8); left > 0; left--) {
    // Near the end is what describes a database.
    const at = random.chance(0.5)
      ? random.below(copy.length)
      : copy.length - 1 - random.below(Math.min(copy.length, 200))
    copy[at] = random.below(256)
  }
  return copy
}
