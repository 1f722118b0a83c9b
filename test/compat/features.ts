import type { GoldenCase } from './corpus.ts'

/*
 * What a case needs, for those that nothing here covers yet: told by the class of the function, else by the test
 * specification that it comes from.
 */

const byClass: readonly (readonly [RegExp, string])[] = [
  [/^(\w+?)Adapter\./, 'adapter'],
  [/^(\w+?)Enrichment(?:Config)?\./, 'enrichment'],
  [/^(\w+?)Conf\./, 'enrichment'],
]

const bySpecification: readonly (readonly [RegExp, string])[] = [
  [/sqlquery|SqlQuery/, 'enrichment: sql-query'],
  [/apirequest|ApiRequest/, 'enrichment: api-request'],
  [/[Pp]ii/, 'enrichment: pii'],
  [/JsonPath/, 'json path'],
  [/adapters\/registry\/(\w+?)AdapterSpec/, 'adapter'],
  [/registry\/(\w+?)EnrichmentSpec/, 'enrichment'],
  [/\/(\w+?)Spec\.scala$/, 'function'],
]

export function featureOf({ input, source }: GoldenCase): string {
  const name = typeof input['function'] === 'string' ? input['function'] : ''
  return named(byClass, name) ?? named(bySpecification, source) ?? 'other'
}

function named(table: readonly (readonly [RegExp, string])[], text: string): string | undefined {
  for (const [pattern, kind] of table) {
    const match = pattern.exec(text)
    if (match !== null) return match[1] === undefined ? kind : `${kind}: ${kebab(match[1])}`
  }
  return undefined
}

function kebab(name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase()
}
