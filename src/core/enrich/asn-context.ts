import type { DerivedContext } from '../event.ts'
import type { AutonomousSystem } from './ip-records.ts'

/** Data of the context asn. `likelyBot` is set by a later step. */
export interface AsnData {
  readonly number: number
  readonly organization?: string
  likelyBot?: boolean
}

const schema = 'iglu:com.snowplowanalytics.snowplow/asn/jsonschema/1-0-1'

/** A new one for each event, as it may change. */
export function asnContext({ number, organization }: AutonomousSystem): DerivedContext {
  return {
    schema,
    data: (organization === null ? { number } : { number, organization }) satisfies AsnData,
  }
}

/** The network that the IP lookups attached to an event. */
export function attachedAsn(contexts: readonly DerivedContext[]): AsnData | null {
  const data = contexts.find(context => context.schema === schema)?.data
  return isAsnData(data) ? data : null
}

function isAsnData(value: unknown): value is AsnData {
  return typeof value === 'object' && value !== null && 'number' in value
}
