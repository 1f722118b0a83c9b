import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document as YamlDocument,
} from 'yaml'
import type { Document, Environment } from './hocon/index.ts'
import { ConfigError, refuse } from './problem.ts'

/** YAML → plain data. `${NAME}` and `${?NAME}` are taken from the environment; `$${` is a plain `${`. */
export function parseYaml(text: string, file: string, environment: Environment): Document {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: true })
  const problems = document.errors.map(error => ({
    source: `${file}:${error.linePos?.[0].line ?? 1}`,
    field: '',
    cause: error.message.split(/ at line |\n/)[0] ?? error.message,
    next: 'correct this line',
  }))
  if (problems.length > 0) throw new ConfigError(problems)
  const lineOf = (offset: number | undefined) => lines.linePos(offset ?? 0).line
  substitute(document, environment, (name, offset) =>
    refuse({
      source: `${file}:${lineOf(offset)}`,
      field: '',
      cause: `\${${name}} is not set`,
      next: `set the environment variable ${name}, or write \${?${name}} if it may be absent`,
    }),
  )
  return {
    value: plain(document, file) ?? {},
    placeOf: path => ({ file, line: lineOf(offsetOf(document, path)) }),
  }
}

function plain(document: YamlDocument.Parsed, file: string): unknown {
  try {
    // Aliases that multiply to more than a hundred copies are an attack.
    return document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error)
    throw refuse({ source: file, field: '', cause, next: 'write the values out' }, error)
  }
}

type Unset = (name: string, offset: number | undefined) => ConfigError

function substitute(document: YamlDocument.Parsed, environment: Environment, unset: Unset): void {
  visit(document, {
    Scalar(key, node) {
      const { value } = node
      if (typeof value !== 'string' || !value.includes('${') || key === 'key') return
      const filled = fill(value, environment, name => unset(name, node.range?.[0]))
      // Only where nothing but the variable stood does its text mean a number or true.
      const bare = node.type === 'PLAIN' && /^\$\{[^}]*\}$/.test(value)
      node.value = bare ? typed(filled) : filled
    },
    Pair(_, { value }) {
      if (!isScalar(value) || typeof value.value !== 'string') return undefined
      const name = /^\$\{\?([^}]*)\}$/.exec(value.value)?.[1]
      return name !== undefined && lookUp(environment, name) === undefined ? visit.REMOVE : undefined
    },
  })
}

function fill(text: string, environment: Environment, unset: (name: string) => ConfigError): string {
  return text.replaceAll(/\$(\$\{)|\$\{(\?)?([^}]*)\}/g, (_, escaped, optional, name: string) => {
    if (escaped !== undefined) return '${'
    const value = lookUp(environment, name.trim())
    if (value === undefined && optional === undefined) throw unset(name.trim())
    return value ?? ''
  })
}

function lookUp(environment: Environment, name: string): string | undefined {
  return Object.hasOwn(environment, name) ? environment[name] : undefined
}

function typed(text: string): unknown {
  if (text === 'true') return true
  if (text === 'false') return false
  return text !== '' && String(Number(text)) === text ? Number(text) : text
}

/** Where the field at `path` begins, or the closest one around it. */
function offsetOf(document: YamlDocument.Parsed, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = document.contents
  let offset = document.contents?.range[0]
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
      if (pair === undefined || !isScalar(pair.key)) break
      offset = pair.key.range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(step)]
      if (isScalar(node) || isMap(node) || isSeq(node)) offset = node.range?.[0] ?? offset
    } else break
  }
  return offset
}
