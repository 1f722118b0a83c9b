import { adapt, columns, configureEnrichments, coreDefaults, createCore } from '../../../src/core/index.ts'
import type { BadRow, CoreOptions, CoreOutput, Enrichments } from '../../../src/core/index.ts'
import { all } from '../../../src/core/after.ts'
import { EventPipeline } from '../../../src/core/enrich-event.ts'
import { parseSelfDescribing } from '../../../src/iglu/index.ts'
import { openScripts } from '../../../src/scripts/index.ts'
import { isFields, type Fields } from '../corpus.ts'
import { reasonsNotToRun } from '../not-covered.ts'
import type { PayloadResult } from '../payload.ts'
import { resourceAssets } from '../resources.ts'
import { schemasOf } from '../schemas.ts'
import { describeEvent, describeRow, readEvent, readRawEvent } from '../vocabulary.ts'
import { readPayload } from './adapt.ts'
import { answering } from './lookups.ts'
import { scriptDocument } from './javascript.ts'
import { withYauaa, yauaaDocument, yauaaService } from './yauaa.ts'
import { NotCovered, type GoldenFunction } from './types.ts'

/* Whole payloads through the whole of core, and single events through all of their enrichments. */

// Of 1 July 2019, as far as the expected prices tell them.
const ratesOfTheDay = JSON.stringify({ base: 'USD', rates: { EUR: 0.885936, GBP: 0.790855 } })

const origin = { stream: 'golden', shardId: 'shardId-000000000000', sequence: '1', subSequence: 0 }

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {}
}

/** The enrichments of a case's config: a list of configurations, or a list in its wrapper. */
async function enrichmentsOf(config: unknown, schemaSet: string): Promise<Enrichments> {
  const { enrichments } = fieldsOf(config)
  const documents = isFields(enrichments) ? enrichments['data'] : (enrichments ?? [])
  if (!Array.isArray(documents)) throw new TypeError('the enrichments are no list')
  const offered = documents.filter(document => !isUserAgentUtils(document)).map(complete)
  const configured = await configureEnrichments(offered, {
    schemas: schemasOf(schemaSet),
    services: {
      assets: resourceAssets,
      lookups: withYauaa(answering({ value: { status: 200, body: ratesOfTheDay } })),
      yauaa: yauaaService,
      scripts: openScripts(),
    },
  })
  return configured.enrichments
}

/** Refused by a start; what it sets is left out of every comparison (differences.ts). */
function isUserAgentUtils(document: unknown): boolean {
  return String(fieldsOf(document)['schema']).includes('/user_agent_utils_config/')
}

/** Unit cases of the corpus construct enrichments directly, and so leave out what only the schemas ask for. */
function complete(document: unknown): unknown {
  const described = parseSelfDescribing(document)
  if (typeof described === 'string' || !isFields(described.data)) return document
  const { schema, data } = described
  return { schema: schema.uri, data: { vendor: schema.vendor, name: schema.name, ...data } }
}

const payload: GoldenFunction = async ({ config, input }) => {
  const schemas = schemasOf('common-fs2')
  const enrichments = await enrichmentsOf(config, 'common-fs2')
  const core = createCore({ schemas, enrichments, options: { ...coreDefaults, emitPii: true } })
  const data = Buffer.from(String(input['payload_base64']), 'base64')
  const record = { data, origin, processedAt: Date.now() }
  const outcomes = await core.process(record)
  for (const outcome of outcomes) if (outcome.kind === 'bad') requireService(outcome.row)
  return describeOutputs(core.emit(outcomes, record))
}

/** A payload that is decoded already, with the time of its processing. */
const processEvents: GoldenFunction = async ({ config, input }) => {
  const set = String(fieldsOf(config)['iglu'])
  const parts = {
    schemas: schemasOf(set),
    enrichments: await enrichmentsOf(config, set),
    options: { ...optionsOf({}, fieldsOf(config)['feature_flags']), emitPii: true },
  }
  const sent = await adapt(readPayload(input['collector_payload']), parts)
  if (sent.rows.length > 0) throw new TypeError('the payload has no events')
  const processedAt = Date.parse(String(input['etl_tstamp']))
  const record = { data: new Uint8Array(), origin, processedAt }
  const pipeline = new EventPipeline(parts)
  const outcomes = await all(sent.events.map((raw, index) => pipeline.run(raw, { record, index })))
  return describeOutputs(createCore(parts).emit(outcomes, record))
}

/** From the bytes that would be written: good events by column, empty ones null; bad rows as they are. */
function describeOutputs(outputs: readonly CoreOutput[]): PayloadResult {
  const lines = (of: CoreOutput['kind']) =>
    outputs.filter(({ kind }) => kind === of).map(({ data }) => Buffer.from(data).toString())
  const [piiEvent] = lines('pii').map(describeLine)
  const pii = piiEvent?.['unstruct_event'] ?? null
  const good = lines('good').map(line => ({ ...describeLine(line), pii }))
  const bad = lines('bad').map(line => JSON.parse(line) as Fields)
  return { outcome: bad.length > 0 ? 'bad' : 'good', events: [...good, ...bad], piiEvent }
}

function describeLine(line: string): Fields {
  const values = line.split('\t')
  return Object.fromEntries(columns.map(([name], index) => [name, values[index] || null]))
}

/** A whole payload becomes a bad row of whatever is thrown. */
function requireService(row: BadRow): void {
  const [, reason] =
    row.type === 'generic_error' ? (/^not covered: (.*)/.exec(row.errors[0] ?? '') ?? []) : []
  if (reason !== undefined) throw new NotCovered(reason)
}

const enrichEvent: GoldenFunction = async ({ args, config }) => {
  const { registry, raw, processor, featureFlags, etlTstamp } = fieldsOf(args)
  const { iglu, enrichments = documentsOf(registry) } = fieldsOf(config)
  const pipeline = new EventPipeline({
    schemas: schemasOf(String(iglu)),
    enrichments: await enrichmentsOf({ enrichments }, String(iglu)),
    options: optionsOf(processor, featureFlags),
  })
  const processedAt = typeof etlTstamp === 'string' ? Date.parse(etlTstamp) : Date.now()
  const record = { data: new Uint8Array(), origin, processedAt }
  const outcome = await pipeline.run(readRawEvent(raw), { record, index: 0 })
  if (outcome.kind === 'dropped') return { right: null }
  return outcome.kind === 'good'
    ? { right: describeEvent(outcome.event) }
    : { left: describeRow(outcome.row, processor) }
}

/** The event about pseudonyms that is written beside one that is done. */
const getPiiEvent: GoldenFunction = async ({ args }) => {
  const { originalEvent, processor } = fieldsOf(args)
  if (typeof fieldsOf(originalEvent)['pii'] === 'string') throw new NotCovered(reasonsNotToRun.piiText)
  const core = createCore({
    schemas: schemasOf('common'),
    enrichments: await enrichmentsOf(null, 'common'),
    options: { ...optionsOf(processor, null), emitPii: true },
  })
  const record = { data: new Uint8Array(), origin, processedAt: 0 }
  const outputs = core.emit([{ kind: 'good', event: readEvent(originalEvent) }], record)
  return describeOutputs(outputs).piiEvent ?? null
}

/** The corpus has some enrichments as objects of the original: the configuration that would have made each. */
function documentsOf(registry: unknown): unknown[] {
  return Object.entries(fieldsOf(registry)).flatMap(([name, made]) => {
    if (name === '_type') return []
    const document = documents[name]?.(fieldsOf(made))
    if (document !== undefined) return [document]
    throw new TypeError(`no configuration is known that makes ${name}`)
  })
}

const documents: Readonly<Record<string, (made: Fields) => unknown>> = {
  javascriptScript: scriptDocument,
  yauaa: yauaaDocument,
  httpHeaderExtractor: ({ headersPattern }) => ({
    schema: 'iglu:com.snowplowanalytics.snowplow.enrichments/http_header_extractor_config/jsonschema/1-0-0',
    data: {
      vendor: 'com.snowplowanalytics.snowplow.enrichments',
      name: 'http_header_extractor_config',
      enabled: true,
      parameters: { headersPattern },
    },
  }),
}

function optionsOf(processor: unknown, featureFlags: unknown): CoreOptions {
  const { artifact, version } = fieldsOf(processor)
  const acceptInvalid = fieldsOf(featureFlags)['acceptInvalid'] === true
  return {
    ...coreDefaults,
    processor: { artifact: String(artifact), version: String(version) },
    acceptInvalid,
  }
}

export const functions: Readonly<Record<string, GoldenFunction>> = {
  payload,
  'ConversionUtils.getPiiEvent': getPiiEvent,
  'EtlPipeline.processEvents': processEvents,
  'EnrichmentManager.enrichEvent': enrichEvent,
}
