import { isObject, membersOf } from '../lib/index.ts'
import { fields, type Field } from './fields.ts'
import type { Config } from './schema.ts'
import { formatDuration } from './units.ts'

/** The configuration that is in force, as HOCON that means the same when it is read again. */
export function printConfig(config: Config): string {
  return `${block(config, '').join('\n')}\n`
}

function block(value: object, indent: string): string[] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    const key = /^[a-zA-Z0-9_-]+$/.test(name) ? name : JSON.stringify(name)
    if (inner === undefined) return []
    if (name === 'initialPosition') return [`${indent}${key} = ${printPosition(inner)}`]
    if (isObject(inner)) return [`${indent}${key} {`, ...block(inner, `${indent}  `), `${indent}}`]
    return [`${indent}${key} = ${JSON.stringify(inner)}`]
  })
}

function printPosition(value: unknown): string {
  const { at, ms } = membersOf(value)
  if (at === 'latest') return 'LATEST'
  if (at !== 'timestamp') return 'TRIM_HORIZON'
  return `{ type = AT_TIMESTAMP, timestamp = "${new Date(Number(ms)).toISOString()}" }`
}

/** Every field with its default and what it does, as a table in Markdown: the reference of the documentation. */
export function printReference(): string {
  const rows = fields().map(
    field => `| \`${field.path.join('.')}\` | ${fallback(field)} | ${cell(field.description)} |`,
  )
  return ['| field | default | meaning |', '|---|---|---|', ...rows, ''].join('\n')
}

function fallback({ group, fallback, path }: Field): string {
  const name = path.at(-1) ?? ''
  if (name === 'initialPosition') return '`TRIM_HORIZON`'
  // These two depend on the machine; their descriptions say how.
  if (group || fallback === undefined || (path[0] === 'worker' && ['name', 'threads'].includes(name)))
    return ''
  if (name.endsWith('Ms') && typeof fallback === 'number') return `\`${formatDuration(fallback)}\``
  return `\`${JSON.stringify(fallback)}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
