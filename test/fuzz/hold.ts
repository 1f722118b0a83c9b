import { columns } from '../../src/core/columns.ts'
import type { CoreOptions, CoreOutput } from '../../src/core/index.ts'
import { compileSchema, embeddedSchemas, parseSchemaKey, type CompiledSchema } from '../../src/iglu/index.ts'

/** Everything that is wrong with an output: none may be, whatever was sent. */
export function problemsOf(
  { kind, data, partitionKey }: CoreOutput,
  { maxRecordBytes }: CoreOptions,
): string[] {
  const problems: string[] = []
  if (data.length + partitionKey.length > maxRecordBytes)
    problems.push(`${data.length} bytes do not fit the stream`)
  if (partitionKey === '' || partitionKey.length > 256)
    problems.push(`partition key ${JSON.stringify(partitionKey)}`)
  const text = readUtf8(data)
  if (text === undefined) return [...problems, 'it is not UTF-8']
  return [...problems, ...(kind === 'bad' ? problemsOfRow(text) : problemsOfLine(text))]
}

function readUtf8(data: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data)
  } catch {
    return undefined
  }
}

function problemsOfLine(line: string): string[] {
  const values = line.split('\t')
  const problems: string[] = []
  if (values.length !== columns.length) problems.push(`${values.length} columns`)
  for (const [slot, [name, type]] of columns.entries()) {
    const value = values[slot] ?? ''
    if (/[\r\n]/.test(value))
      problems.push(`${name} has a line break: ${JSON.stringify(value.slice(0, 300))}`)
    const problem = value === '' ? undefined : problemOfValue(value, type)
    if (problem !== undefined) problems.push(`${name} is ${problem}: ${value.slice(0, 100)}`)
  }
  return problems
}

function problemOfValue(value: string, type: (typeof columns)[number][1]): string | undefined {
  switch (type) {
    case 'json':
      return isWrapper(value) ? undefined : 'no self-describing JSON'
    case 'int':
      return /^-?\d{1,10}$/.test(value) ? undefined : 'no integer'
    case 'flag':
      return /^[01]$/.test(value) ? undefined : 'no flag'
    case 'float':
    case 'decimal':
      return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(value) ? undefined : 'no number'
    case 'timestamp':
    case 'string':
      return undefined
  }
}

function isWrapper(text: string): boolean {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null && 'schema' in json && 'data' in json
  } catch {
    return false
  }
}

const compiled = new Map<string, CompiledSchema>()

function problemsOfRow(text: string): string[] {
  if (text.includes('\n')) return ['a line break']
  const { schema, data } = JSON.parse(text) as { schema: string; data: object }
  const validator = compiled.get(schema) ?? compileBadRow(schema)
  if (validator === undefined) return [`there is no schema ${schema}`]
  // What was sent is kept whole, though it be longer than the schemas have it: it may be repaired.
  const issues = validator
    .validate(data)
    .filter(({ path, keyword }) => !(keyword === 'maxLength' && path.startsWith('$.payload')))
  return issues.slice(0, 3).map(({ message }) => `${schema}: ${message.slice(0, 300)}`)
}

function compileBadRow(uri: string): CompiledSchema | undefined {
  const key = parseSchemaKey(uri)
  const document = embeddedSchemas.get(uri)
  if (document === undefined || typeof key === 'string') return undefined
  const schema = compileSchema(key, document)
  compiled.set(uri, schema)
  return schema
}

/** What a bug left: core catches it around a raw record, and says it in a bad row of this kind. */
export function bugIn({ kind, data }: CoreOutput): string | undefined {
  if (kind !== 'bad') return undefined
  const text = Buffer.from(data).toString()
  if (!text.startsWith('{"schema":"iglu:com.snowplowanalytics.snowplow.badrows/generic_error/'))
    return undefined
  const { failure } = (JSON.parse(text) as { data: { failure: { errors: string[] } } }).data
  return failure.errors.join(' ')
}
