import assert from 'node:assert/strict'
import { EmbeddedRegistry, embeddedSchemas, SchemaResolver } from '../../iglu/index.ts'
import { systemClock } from '../../lib/index.ts'
import type { BadRow, FailureDetail } from '../bad-row.ts'
import type { CollectorPayload } from '../event.ts'
import type { Schemas } from '../options.ts'
import { adapt, type AdaptedPayload } from './registry.ts'

/** The schemas that come with the program. */
export const schemas: Schemas = new SchemaResolver({
  registries: [new EmbeddedRegistry({ name: 'embedded' }, embeddedSchemas)],
  clock: systemClock,
})

/** A request to `/vendor/version`. */
export function request(path: string, changes: Partial<CollectorPayload> = {}): CollectorPayload {
  const [vendor = '', version = ''] = path.split('/')
  return {
    vendor,
    version,
    querystring: [],
    contentType: null,
    body: null,
    collector: 'test',
    encoding: 'UTF-8',
    hostname: null,
    timestamp: null,
    ipAddress: null,
    useragent: null,
    refererUri: null,
    headers: [],
    networkUserId: null,
    ...changes,
  }
}

/** The parameters of each event. */
export async function parametersOf(payload: CollectorPayload): Promise<Record<string, string | null>[]> {
  const adapted = await adapt(payload, { schemas })
  if (adapted.rows.length > 0) assert.fail(JSON.stringify(adapted.rows))
  return adapted.events.map(event => {
    assert.equal(event.payload.body, payload.body)
    return Object.fromEntries(event.parameters)
  })
}

type AdapterRow = Extract<BadRow, { type: 'adapter_failures' | 'tracker_protocol_violations' }>

export async function rowOf(payload: CollectorPayload): Promise<AdapterRow> {
  return badRowIn(await adapt(payload, { schemas }))
}

function badRowIn(adapted: AdaptedPayload): AdapterRow {
  if (adapted.events.length > 0) assert.fail('it gave events')
  const [row] = adapted.rows
  if (row === undefined) assert.fail('it gave nothing')
  if (row.type !== 'adapter_failures' && row.type !== 'tracker_protocol_violations') assert.fail(row.type)
  return row
}

export async function failuresOf(payload: CollectorPayload): Promise<readonly FailureDetail[]> {
  return (await rowOf(payload)).messages
}
