import { z } from 'zod'
import { between, duration, yesOrNo } from './field-types.ts'

/* How payloads of other senders than trackers become events. */

const schemaUri = z
  .string()
  .regex(
    /^iglu:[a-zA-Z0-9_.-]{1,200}\/[a-zA-Z0-9_-]{1,200}\/[a-zA-Z0-9_-]{1,50}\/[1-9]\d{0,8}-\d{1,9}-\d{1,9}$/,
    'expected a schema such as iglu:com.hubspot/deal_change/jsonschema/1-0-0',
  )

const remoteAdapter = z.strictObject({
  vendor: z.string().min(1).describe('First part of the path of the requests that it reads.'),
  version: z.string().min(1).describe('Second part of that path.'),
  url: z.url({ protocol: /^https?$/, error: 'expected an http or https URL' }).describe('Where it is.'),
})

const remoteAdapters = z
  .strictObject({
    timeoutMs: duration.default(45_000).describe('How long one call may take, connecting included.'),
    maxConnections: between(1, 1000).default(10).describe('Connections to each of them, per thread.'),
    configs: z
      .array(remoteAdapter)
      .default([])
      .describe('The remote adapters: a list of `{ vendor, version, url }`.'),
  })
  .prefault({})
  .describe('Services over HTTP that make events of payloads which no adapter here reads.')

/** Fields of `enrich`. */
export const adapterFields = {
  adaptersSchemas: z
    .record(z.string(), z.record(z.string(), schemaUri))
    .default({})
    .describe(
      'Schemas of the events of webhooks, where they shall be others: by vendor and name, as in `adaptersSchemas` of Snowplow.',
    ),
  isolateBadElements: yesOrNo
    .default(false)
    .describe(
      'A bad event of a payload that holds several becomes a bad row of its own. Otherwise the whole payload does.',
    ),
  remoteAdapters,
}
