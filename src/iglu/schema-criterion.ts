import type { SchemaKey } from './schema-key.ts'

/** A pattern of schema keys: `iglu:vendor/name/format/1-0-*`. */
export interface SchemaCriterion {
  readonly vendor: string
  readonly name: string
  readonly format: string
  /** MODEL-REVISION-ADDITION, each a number or `*`. */
  readonly version: string
  readonly uri: string
}

const shape =
  /^iglu:([a-zA-Z0-9\-_.]+)\/([a-zA-Z0-9\-_]+)\/([a-zA-Z0-9\-_]+)\/((?:[1-9][0-9]*|\*)-(?:0|[1-9][0-9]*|\*)-(?:0|[1-9][0-9]*|\*))$/

export function parseCriterion(uri: string): SchemaCriterion | undefined {
  const parts = shape.exec(uri)
  if (parts === null) return undefined
  const [, vendor = '', name = '', format = '', version = ''] = parts
  return { vendor, name, format, version, uri }
}

export function matchesCriterion(criterion: SchemaCriterion, key: SchemaKey): boolean {
  return (
    criterion.name === key.name &&
    criterion.vendor === key.vendor &&
    criterion.format === key.format &&
    matchesVersion(criterion.version, key.version)
  )
}

function matchesVersion(wanted: string, version: string): boolean {
  // `1-0-*`, as nearly all are.
  if (wanted.indexOf('*') === wanted.length - 1) return version.startsWith(wanted.slice(0, -1))
  const parts = version.split('-')
  return wanted.split('-').every((part, index) => part === '*' || part === parts[index])
}
