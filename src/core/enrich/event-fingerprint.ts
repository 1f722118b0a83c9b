import { hash } from 'node:crypto'
import { columnIndex } from '../columns.ts'
import type { Parameters } from '../event.ts'
import type { EnrichmentKind, ParameterErrors } from './configuration.ts'

export interface FingerprintParameters {
  /** As OpenSSL calls it. */
  readonly algorithm: string
  readonly exclude: ReadonlySet<string>
}

/** A hash of what the tracker sent, to find events that arrived twice. Never fails. */
export const eventFingerprint: EnrichmentKind = {
  criterion: 'iglu:com.snowplowanalytics.snowplow/event_fingerprint_config/jsonschema/1-0-*',
  name: 'event-fingerprint',
  step: 'event-fingerprint',
  create({ parameters }) {
    const fingerprint = parseFingerprintParameters(parameters)
    if ('errors' in fingerprint) return fingerprint
    return ({ row }, { raw }) => {
      row[columnIndex.event_fingerprint] = fingerprintOf(raw.parameters, fingerprint)
      return undefined
    }
  },
}

/** No tracker sends it, so that `ab=c` and `a=bc` differ. */
const separator = '\u001f'

export function fingerprintOf(parameters: Parameters, { algorithm, exclude }: FingerprintParameters): string {
  const names: string[] = []
  parameters.forEach((_value, name) => {
    if (!exclude.has(name)) names.push(name)
  })
  let text = ''
  for (const name of names.sort()) {
    const value = parameters.get(name) ?? null
    if (value !== null) text += name + separator + value + separator
  }
  return hash(algorithm, text)
}

const algorithms: Readonly<Record<string, string>> = {
  MD5: 'md5',
  SHA1: 'sha1',
  SHA256: 'sha256',
  SHA384: 'sha384',
  SHA512: 'sha512',
}

export function parseFingerprintParameters(
  parameters: Readonly<Record<string, unknown>>,
): FingerprintParameters | ParameterErrors {
  const { hashAlgorithm, excludeParameters } = parameters
  const algorithm = algorithmOf(hashAlgorithm)
  const exclude =
    Array.isArray(excludeParameters) && excludeParameters.every(name => typeof name === 'string')
  const errors = [
    ...(algorithm === undefined
      ? [`hashAlgorithm must be one of ${Object.keys(algorithms).join(', ')}`]
      : []),
    ...(exclude ? [] : ['excludeParameters must be a list of parameter names']),
  ]
  return algorithm === undefined || !exclude ? { errors } : { algorithm, exclude: new Set(excludeParameters) }
}

export function algorithmOf(name: unknown): string | undefined {
  return typeof name === 'string' && Object.hasOwn(algorithms, name) ? algorithms[name] : undefined
}
