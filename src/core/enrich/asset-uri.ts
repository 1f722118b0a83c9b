import { membersOf } from '../../lib/index.ts'
import type { ParameterErrors } from './configuration.ts'
import { parseJavaUri } from './java-uri.ts'

/** Where a file of an enrichment is, from its parameter `{uri, database}`: `<uri>/<database>`. */
export function assetUri(parameter: unknown): string | ParameterErrors {
  const { uri, database } = membersOf(parameter)
  if (typeof uri !== 'string' || typeof database !== 'string')
    return { errors: ['uri and database must be texts'] }
  const whole = `${uri.replace(/\/$/, '')}/${database}`
  const parsed = parseJavaUri(whole)
  return 'error' in parsed ? { errors: [`${whole} is no URI: ${parsed.error}`] } : whole
}

/** The URIs of several files by their parameters' names, all errors together; a file that is not named has none. */
export function assetUris<Name extends string>(
  parameters: Readonly<Record<string, unknown>>,
  names: readonly Name[],
): Partial<Record<Name, string>> | ParameterErrors {
  const uris: Partial<Record<Name, string>> = {}
  const errors: string[] = []
  for (const name of names) {
    if (parameters[name] === undefined) continue
    const uri = assetUri(parameters[name])
    if (typeof uri === 'string') uris[name] = uri
    else errors.push(...uri.errors.map(error => `${name}: ${error}`))
  }
  return errors.length > 0 ? { errors } : uris
}
