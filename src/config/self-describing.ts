import { readdirSync } from 'node:fs'
import { extname, join } from 'node:path'
import { isObject, membersOf } from '../lib/index.ts'
import { parseSource, readSource } from './document.ts'
import type { Document, Environment } from './hocon/index.ts'
import { ConfigError, refuse, type Problem } from './problem.ts'

/** A self-describing JSON that a person wrote, and where. */
export interface SelfDescribing {
  /** For messages: the file, with `[2]` where it holds several. */
  readonly source: string
  /** `iglu:vendor/name/format/version` */
  readonly schema: string
  readonly data: unknown
}

/** Several of them in one: what a base64 argument carries. */
const arraySchema = /^iglu:com\.snowplowanalytics\.snowplow\/enrichments\/jsonschema\/1-/
const igluUri = /^iglu:[a-zA-Z0-9_.-]+\/[a-zA-Z0-9_-]+\/[a-zA-Z0-9_-]+\/\d+-\d+-\d+$/

/** Reads Snowplow's resolver configuration: a path or base64. Throws a ConfigError. */
export function loadIgluConfig(value: string, environment: Environment): SelfDescribing {
  const source = readSource(value, '--iglu-config')
  const document = parseSource(source, environment)
  const problem = shapeProblem(document.value, source.name, [])
  if (problem !== undefined) throw refuse(problem)
  return selfDescribing(document.value, source.name)
}

/**
 * Reads enrichment configurations in the order of their file names: a directory of `*.json` and `*.hocon` (but not the
 * `*.test.json` of `millrace test`), one such file, or base64. Throws a ConfigError with the problems of every file.
 */
export function loadEnrichments(value: string, environment: Environment): SelfDescribing[] {
  const problems: Problem[] = []
  const found: SelfDescribing[] = []
  for (const { name, document } of documents(value, environment, problems)) {
    for (const { json, source, path } of unwrap(document.value, name)) {
      const problem = shapeProblem(json, source, path)
      if (problem === undefined) found.push(selfDescribing(json, source))
      else problems.push({ ...problem, source: placeIn(document, name, path) })
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return found
}

interface Named {
  readonly name: string
  readonly document: Document
}

function documents(value: string, environment: Environment, problems: Problem[]): Named[] {
  const files = listFiles(value)
  if (files === undefined) {
    const source = readSource(value, '--enrichments')
    return [{ name: source.name, document: parseSource(source, environment) }]
  }
  return files.flatMap(name => {
    try {
      return [{ name, document: parseSource(readSource(name, '--enrichments'), environment) }]
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      problems.push(...error.problems)
      return []
    }
  })
}

/** Undefined when it is no directory. */
function listFiles(directory: string): string[] | undefined {
  try {
    return readdirSync(directory)
      .filter(
        file => ['.json', '.hocon'].includes(extname(file).toLowerCase()) && !/^\.|\.test\.json$/.test(file),
      )
      .sort()
      .map(file => join(directory, file))
  } catch {
    // It may be one file or base64; when it is nothing at all, reading it says so.
    return undefined
  }
}

interface Piece {
  readonly json: unknown
  readonly source: string
  readonly path: readonly PropertyKey[]
}

/** One document may be one configuration, a list, or Snowplow's wrapper around a list. */
function unwrap(value: unknown, name: string): Piece[] {
  if (Array.isArray(value))
    return value.map((json: unknown, i) => ({ json, source: `${name}[${i}]`, path: [i] }))
  if (isObject(value) && typeof value['schema'] === 'string' && arraySchema.test(value['schema'])) {
    const { data } = value
    if (Array.isArray(data))
      return data.map((json: unknown, i) => ({ json, source: `${name}[${i}]`, path: ['data', i] }))
  }
  return [{ json: value, source: name, path: [] }]
}

function shapeProblem(json: unknown, source: string, path: readonly PropertyKey[]): Problem | undefined {
  const problem = (field: string, cause: string, next: string) => ({
    source,
    field: [...path, field].filter(Boolean).join('.'),
    cause,
    next,
  })
  const example = 'iglu:com.snowplowanalytics.snowplow/anon_ip/jsonschema/1-0-1'
  if (!isObject(json))
    return problem(
      '',
      'found no object',
      'a self-describing JSON is expected: { "schema": "iglu:…", "data": { … } }',
    )
  if (typeof json['schema'] !== 'string')
    return problem('schema', 'found none', `name the schema of this configuration, such as ${example}`)
  if (!igluUri.test(json['schema']))
    return problem(
      'schema',
      `found ${JSON.stringify(json['schema'])}, no Iglu URI`,
      `write it like ${example}`,
    )
  if (!Object.hasOwn(json, 'data'))
    return problem('data', 'found none', 'put the configuration itself into "data"')
  return undefined
}

function placeIn(document: Document, name: string, path: readonly PropertyKey[]): string {
  const { file, line } = document.placeOf(path)
  return `${file === '' ? name : file}:${line}`
}

function selfDescribing(json: unknown, source: string): SelfDescribing {
  const { schema, data } = membersOf(json)
  return { source, schema: String(schema), data }
}

/** What an enrichment configuration's own `enabled` says, for summaries. */
export function isEnabled({ data }: SelfDescribing): boolean {
  return membersOf(data).enabled === true
}
