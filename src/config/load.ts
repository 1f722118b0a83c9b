import type { z } from 'zod'
import { isObject } from '../lib/index.ts'
import { readDocument } from './document.ts'
import { fieldNamed, fieldsAt } from './fields.ts'
import type { Document, Environment } from './hocon/index.ts'
import { ConfigError, type Problem } from './problem.ts'
import { configSchema, type Config } from './schema.ts'
import { fromSnowplow, otherApplication } from './snowplow.ts'
import { mostSimilar } from './similar.ts'

/** A setting from the command line. It goes before the file. */
export interface Flag {
  /** `--port` */
  readonly name: string
  readonly field: readonly string[]
  readonly value: unknown
}

export interface LoadOptions {
  /** A path or base64. Absent: the defaults. */
  readonly config?: string | undefined
  readonly flags?: readonly Flag[]
  /** What a command would rather have than the defaults. The file goes before it. */
  readonly presets?: readonly Flag[]
  readonly environment: Environment
  /** Told what is accepted and has no effect. */
  readonly onWarning?: (warning: string) => void
}

/** Flags over file over defaults, complete and checked. Throws a ConfigError that tells every problem at once. */
export function loadConfig(options: LoadOptions): Config {
  const { config, flags = [], presets = [], environment, onWarning = () => {} } = options
  const read = config === undefined ? empty : readDocument(config, { flag: '--config', environment })
  const document = inOurWords(read, onWarning)
  const wanted = [...presets, ...backendPresets(document, flags)]
  const open = wanted.filter(({ field }) => valueAt(document.value, field) === undefined)
  return checkConfig(document, [...open, ...flags])
}

/** A configuration of Snowplow Enrich is read as it is. */
function inOurWords(document: Document, onWarning: (warning: string) => void): Document {
  const other = otherApplication(document.value)
  if (other !== undefined) {
    const { file, line } = document.placeOf(other.path.split('.'))
    const cause = `this is a configuration of Snowplow Enrich for ${other.reads}, and streams of Kinesis are read here`
    const next =
      'name the streams in fields of ours (docs/configuration.md), or enrich files by millrace enrich'
    throw new ConfigError([{ source: `${file}:${line}`, field: other.path, cause, next }])
  }
  const translated = fromSnowplow(document.value)
  if (translated === undefined) return document
  const { value, originOf, ineffective, conflicts } = translated
  const sourceOf = (path: string): string => {
    const { file, line } = document.placeOf(path.split('.'))
    return `${file}:${line}`
  }
  if (conflicts.length > 0)
    throw new ConfigError(
      conflicts.map(({ path, cause, next }) => ({ source: sourceOf(path), field: path, cause, next })),
    )
  for (const { paths, reason } of ineffective) {
    const names = paths.join(', ')
    onWarning(
      `${sourceOf(paths[0] ?? '')}: ${names} ${paths.length > 1 ? 'have' : 'has'} no effect: ${reason}`,
    )
  }
  return { value, placeOf: path => document.placeOf(originOf(path)) }
}

/** A lease that is renewed over a network is longer than one in a file. */
function backendPresets({ value }: Document, flags: readonly Flag[]): Flag[] {
  const flag = flags.findLast(({ field }) => field.join('.') === 'backend')
  if ((flag?.value ?? valueAt(value, ['backend'])) !== 'aws') return []
  return [
    { name: 'backend', field: ['leases', 'leaseMs'], value: 10_000 },
    { name: 'backend', field: ['leases', 'shardSyncMs'], value: 60_000 },
  ]
}

const empty: Document = { value: {}, placeOf: () => ({ file: 'defaults', line: 1 }) }

export function checkConfig(document: Document, flags: readonly Flag[] = []): Config {
  const written = flags.reduce((value, flag) => withField(value, flag.field, flag.value), document.value)
  const checked = configSchema.safeParse(written)
  if (checked.success) return checked.data
  const context = { document, flags, written }
  const problems = checked.error.issues.flatMap(issue => problemsOf(issue, context))
  throw new ConfigError(problems.toSorted((a, b) => lineOf(a) - lineOf(b)))
}

function lineOf({ source }: Problem): number {
  return Number(/:(\d+)$/.exec(source)?.[1] ?? 0)
}

/** A copy with one field set. What is no object on the way stays, to be refused where it stands. */
function withField(value: unknown, [first, ...rest]: readonly string[], leaf: unknown): unknown {
  if (first === undefined) return leaf
  if (!isObject(value)) return value
  return { ...value, [first]: withField(value[first] ?? {}, rest, leaf) }
}

interface Context {
  readonly document: Document
  readonly flags: readonly Flag[]
  readonly written: unknown
}

function problemsOf(issue: z.core.$ZodIssue, context: Context): Problem[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(key => unknownField([...issue.path, key], context))
  const found = show(valueAt(context.written, issue.path))
  const allowed = allowedAt(issue)
  return [
    {
      source: sourceOf(issue.path, context),
      field: pathText(issue.path),
      cause: `found ${found}, ${allowed}`,
      next: 'correct it, or leave it out for the default',
    },
  ]
}

function unknownField(path: readonly PropertyKey[], context: Context): Problem {
  const parent = path.slice(0, -1)
  const name = String(path.at(-1))
  const allowed = fieldsAt(parent)
  const similar = mostSimilar(name, allowed)
  const elsewhere = similar === undefined ? fieldNamed(name) : undefined
  const meant = similar === undefined ? elsewhere : pathText([...parent, similar])
  const next = meant === undefined ? `allowed here: ${allowed.join(', ')}` : `did you mean ${meant}?`
  return {
    source: sourceOf(path, context),
    field: pathText(path),
    cause: 'there is no such field',
    next,
  }
}

function sourceOf(path: readonly PropertyKey[], { document, flags }: Context): string {
  const flag = flags.findLast(({ field }) => field.every((step, i) => path[i] === step))
  if (flag !== undefined) return flag.name
  const { file, line } = document.placeOf(path)
  return `${file}:${line}`
}

function allowedAt(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return oneOf(issue.values)
  if (issue.code === 'invalid_type' && issue.expected === 'object')
    return `expected an object with ${fieldsAt(issue.path).join(', ')}`
  return issue.message.replace(/^Invalid input: |^Too (?:small|big): /, '')
}

function oneOf(values: readonly unknown[]): string {
  return `expected ${values
    .map(value => String(value))
    .join(', ')
    .replace(/, ([^,]*)$/, ' or $1')}`
}

/** As JSON, in one short piece. */
function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value) ?? typeof value
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    return text === '' ? String(step) : `${text}.${String(step)}`
  }, '')
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value
  for (const step of path) {
    if (Array.isArray(at)) at = at[Number(step)]
    else if (isObject(at)) at = Object.hasOwn(at, String(step)) ? at[String(step)] : undefined
    else return undefined
  }
  return at
}
