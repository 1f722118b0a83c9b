import { dirname, extname, isAbsolute, join } from 'node:path'
import { isObject, parseJson, readSmallFile, UnreadableFile } from '../lib/index.ts'
import { HoconError, parseHocon, type Document, type Environment, type ReadInclude } from './hocon/index.ts'
import { ConfigError, refuse } from './problem.ts'
import { parseYaml } from './yaml.ts'

export interface ReadOptions {
  /** What to call the input in errors: `--config`. */
  readonly flag: string
  readonly environment: Environment
}

/** A configuration text as it was handed over. */
export interface Source {
  /** The path, or `--config (base64)`. */
  readonly name: string
  readonly text: string
  readonly format: 'hocon' | 'yaml' | 'unknown'
  /** The files that it may include are looked for here. Absent: it may include none. */
  readonly directory?: string
}

/** Reads a document from where `value` says: a path, or the text itself in base64 as Snowplow takes it. */
export function readDocument(value: string, options: ReadOptions): Document {
  return parseSource(readSource(value, options.flag), options.environment)
}

export function readSource(value: string, flag: string): Source {
  const fromFile = readText(value)
  if (typeof fromFile === 'string')
    return { name: value, text: fromFile, format: formatOf(value), directory: dirname(value) }
  const { unreadable } = fromFile
  const next = 'give the path of a file that exists, or the text in base64'
  if (unreadable !== undefined)
    throw refuse({ source: value, field: '', cause: `cannot be read: ${unreadable}`, next })
  const text = decodeBase64(value)
  if (text !== undefined) return { name: `${flag} (base64)`, text, format: 'unknown' }
  throw refuse({
    source: flag,
    field: '',
    cause: `${JSON.stringify(shorten(value))} cannot be read (${fromFile.code}), and is no base64`,
    next,
  })
}

export function parseSource({ name, text, format, directory }: Source, environment: Environment): Document {
  const hocon = { file: name, environment, readInclude: includeFrom(directory) }
  if (format === 'yaml') return parseYaml(text, name, environment)
  try {
    return parseHocon(text, hocon)
  } catch (error) {
    if (!(error instanceof HoconError)) throw error
    const yaml = format === 'unknown' ? asYaml(text, name, environment) : undefined
    if (yaml !== undefined) return yaml
    throw noObject(text, name) ?? hoconProblem(error)
  }
}

/** Most HOCON is no YAML and the other way round; what is both means the same in both. */
function asYaml(text: string, name: string, environment: Environment): Document | undefined {
  try {
    const document = parseYaml(text, name, environment)
    return typeof document.value === 'object' ? document : undefined
  } catch (error) {
    if (error instanceof ConfigError) return undefined
    throw error
  }
}

/** JSON that holds no fields at all is no HOCON, and what HOCON expects there would tell nobody anything. */
function noObject(text: string, name: string): ConfigError | undefined {
  const value = parseJson(text)
  // Of an object, what HOCON found says more: too deep, too large.
  if (value === undefined || isObject(value)) return undefined
  const cause = `found ${shorten(text.trim())}, expected an object`
  return refuse({ source: name, field: '', cause, next: 'write its fields between { and }' })
}

function hoconProblem(error: HoconError): ConfigError {
  const { file, line } = error.place
  const [cause = '', ...next] = error.reason.split('; ')
  const problem = {
    source: `${file}:${line}`,
    field: '',
    cause,
    next: next.join('; ') || 'correct this line',
  }
  return refuse(problem, error)
}

function includeFrom(directory: string | undefined): ReadInclude | undefined {
  if (directory === undefined) return undefined
  return (name, from) => {
    const base = isAbsolute(name) ? name : join(dirname(from), name)
    let refusal: ConfigError | undefined
    for (const file of extname(base) === '' ? [base, `${base}.conf`, `${base}.json`] : [base]) {
      const text = readText(file)
      if (typeof text === 'string') return { file, text }
      const { unreadable: cause } = text
      const next = 'include a file, or leave it out'
      if (cause !== undefined)
        refusal ??= refuse({ source: file, field: '', cause: `cannot be included: ${cause}`, next })
    }
    // What is not there may be left out; what is there and cannot be meant may not.
    if (refusal !== undefined) throw refusal
    return undefined
  }
}

function formatOf(path: string): Source['format'] {
  const extension = extname(path).toLowerCase()
  if (extension === '.yaml' || extension === '.yml') return 'yaml'
  return ['.hocon', '.conf', '.json'].includes(extension) ? 'hocon' : 'unknown'
}

interface NoText {
  /** What the system says. */
  readonly code: string
  /** There is something, and it is no file that could be meant. */
  readonly unreadable?: string
}

/** The text, or why there is none. */
function readText(path: string): string | NoText {
  try {
    return readSmallFile(path).toString('utf8')
  } catch (error) {
    if (error instanceof UnreadableFile) return { code: error.name, unreadable: error.message }
    if (error instanceof Error && 'code' in error) return { code: String(error.code) }
    throw error
  }
}

/** The text, when it is base64 of UTF-8. The shortest configuration is longer than a mistyped file name. */
function decodeBase64(value: string): string | undefined {
  const compact = value.replaceAll(/\s/g, '')
  if (compact.length < 4 || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(compact)) return undefined
  const text = Buffer.from(compact, 'base64').toString('utf8')
  return /[\uFFFD\0]/.test(text) ? undefined : text
}

function shorten(value: string): string {
  return value.length > 60 ? `${value.slice(0, 60)}…` : value
}
