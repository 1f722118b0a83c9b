import { EnrichedEvent } from '../../../src/core/event.ts'
import { columnIndex, type ColumnName } from '../../../src/core/columns.ts'
import { anonymizeIp, parseAnonIp } from '../../../src/core/enrich/anon-ip.ts'
import { extractCampaign, type ClickId } from '../../../src/core/enrich/campaign-attribution.ts'
import { collectorVersion } from '../../../src/core/enrich/collector-version.ts'
import {
  decodeBase64,
  Refusal,
  toDecimal,
  toDimensions,
  toEventType,
  toFlag,
  toInt,
  toIp,
  toPlatform,
  toText,
  toTimestamp,
  toUuid,
} from '../../../src/core/enrich/conversions.ts'
import { derivedContextsText } from '../../../src/core/enrich/derived-contexts.ts'
import { algorithmOf, fingerprintOf } from '../../../src/core/enrich/event-fingerprint.ts'
import { eventSchemaOf } from '../../../src/core/enrich/event-schema.ts'
import { derivedTimestamp } from '../../../src/core/enrich/event-time.ts'
import { parseCrossDomain, querystringMap } from '../../../src/core/enrich/page.ts'
import { etlVersion, formatCollectorTimestamp } from '../../../src/core/enrich/setup.ts'
import { parseUri, portOf } from '../../../src/core/enrich/uri.ts'
import { parseSchemaKey } from '../../../src/iglu/index.ts'
import type { GoldenFunction } from './types.ts'

/*
 * Snowplow's functions of the middle of the pipeline, by ours: conversions, set-up and the enrichments that need
 * nothing from outside.
 */

type Fields = Readonly<Record<string, unknown>>

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** An argument by its name, or by its place where the corpus does not know the names. */
function argument(args: unknown, name: string, place: number): unknown {
  return Array.isArray(args) ? args[place] : fields(args)[name]
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`not a text: ${JSON.stringify(value)}`)
  return value
}

function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : text(value)
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(text) : []
}

function pairs(value: unknown): [string, string][] {
  if (!Array.isArray(value)) return Object.entries(fields(value)).map(([name, one]) => [name, text(one)])
  return value.map((pair: unknown) => [text(argument(pair, '', 0)), textOrNull(argument(pair, '', 1)) ?? ''])
}

/** The failure of a conversion as Snowplow's enrichments report it. */
function inputData(field: string, value: string | null, expectation: string): unknown {
  return {
    _type: 'EnrichmentFailure',
    enrichment: null,
    message: { _type: 'InputData', field, value, expectation },
  }
}

/** A conversion of `(field, value)`; a missing value is null unless `missing` says that it is refused. */
function conversion(
  convert: (value: string) => unknown,
  { missing, expectation }: { missing?: string; expectation?: string } = {},
): GoldenFunction {
  return ({ args }) => {
    const field = text(argument(args, 'field', 0))
    const value = textOrNull(argument(args, 'value', 1))
    if (value === null)
      return missing === undefined ? { right: null } : { left: inputData(field, null, missing) }
    const converted = convert(value)
    if (!(converted instanceof Refusal)) return { right: converted }
    return { left: inputData(field, value, expectation ?? converted.expectation) }
  }
}

const stringToJInteger: GoldenFunction = ({ args }) => {
  const value = textOrNull(argument(args, 'str', 0))
  const converted = value === null ? null : toInt(value)
  return converted instanceof Refusal ? { left: converted.expectation } : { right: converted }
}

const decodeBase64Url: GoldenFunction = ({ args }) => {
  const value = textOrNull(argument(args, 'str', 0))
  return value === null ? { left: 'could not base64 decode: null' } : { right: decodeBase64(value) }
}

const fixTabsNewlines: GoldenFunction = ({ args }) => {
  const value = textOrNull(argument(args, 'str', 0))
  return value === null ? null : toText(value)
}

const stringToUri: GoldenFunction = ({ args }) => uriResult(textOrNull(argument(args, 'uri', 0)))

const extractPageUri: GoldenFunction = ({ args }) =>
  uriResult(textOrNull(argument(args, 'fromTracker', 1)) ?? textOrNull(argument(args, 'fromReferer', 0)))

function uriResult(value: string | null): unknown {
  if (value === null) return { right: null }
  const uri = parseUri(value)
  return 'error' in uri ? { left: uri.error } : { right: uri.text }
}

const explodeUri: GoldenFunction = ({ args }) => {
  const uri = parseUri(text(argument(args, 'uri', 0)))
  if ('error' in uri) throw new Error(uri.error)
  const { scheme, host, path, query, fragment } = uri
  return { _type: 'UriComponents', scheme, host, port: portOf(uri), path, query, fragment }
}

const extractQuerystring: GoldenFunction = ({ args }) => {
  const uri = parseUri(text(argument(args, 'uri', 0)))
  if ('error' in uri) return { left: uri.error }
  return { right: [...querystringMap(uri.query ?? '', text(argument(args, 'encoding', 1)))] }
}

const formatCollectorTstamp: GoldenFunction = ({ args }) => {
  const formatted = formatCollectorTimestamp(epochMs(textOrNull(argument(args, 'collectorTstamp', 0))))
  if (typeof formatted === 'string') return { right: formatted }
  return { left: inputData(formatted.field, formatted.value, formatted.expectation) }
}

/** Joda's years have as many digits as they need, those of `Date` four or six. */
function epochMs(iso: string | null): number | null {
  if (iso === null) return null
  return Date.parse(
    iso.replace(/^(-?)(\d+)/, (_, sign: string, year: string) =>
      sign === '' && year.length === 4 ? year : `${sign || '+'}${year.padStart(6, '0')}`,
    ),
  )
}

const getDerivedTimestamp: GoldenFunction = ({ args }) => ({
  right: derivedTimestamp({
    sent: textOrNull(argument(args, 'dvceSentTstamp', 0)),
    created: textOrNull(argument(args, 'dvceCreatedTstamp', 1)),
    collector: textOrNull(argument(args, 'collectorTstamp', 2)),
    true: textOrNull(argument(args, 'trueTstamp', 3)),
  }),
})

const extractViewDimensions = conversion(
  value => {
    const dimensions = toDimensions(value)
    return dimensions instanceof Refusal ? dimensions : [dimensions.width, dimensions.height]
  },
  { missing: 'does not conform to regex (\\d+)x(\\d+)' },
)

const crossDomain: GoldenFunction = ({ args }) => {
  const found = parseCrossDomain(new Map(pairs(argument(args, 'qsMap', 0))))
  if (!('failures' in found)) return { right: [found.userId, found.timestamp] }
  const message = found.failures[0]?.message
  if (message?.type !== 'InputData') throw new Error('unexpected failure')
  return { left: inputData(message.field, message.value, message.expectation) }
}

const extractSchema: GoldenFunction = ({ args }) => {
  const unstruct = argument(args, 'unstructEvent', 1)
  const key =
    unstruct === null || unstruct === undefined ? null : parseSchemaKey(text(fields(unstruct).schema))
  if (typeof key === 'string') throw new Error(key)
  const event = textOrNull(fields(argument(args, 'event', 0)).event)
  const schema = eventSchemaOf(event, key)
  return schema === undefined ? { left: `event type [${event}]` } : { right: schema?.uri ?? null }
}

const getCollectorVersionSet: GoldenFunction = ({ args }) => {
  const before = fields(argument(args, 'state', 0))
  const event = goldenEvent(fields(before.event))
  const result = collectorVersion.enrich(event, emptyContext)
  const failures = result !== undefined && 'failures' in result ? result.failures : []
  const errors = Array.isArray(before.errors) ? before.errors : []
  return {
    _type: 'Accumulation',
    event: before.event,
    errors: [...failures, ...errors],
    contexts: before.contexts,
  }
}

export const emptyContext = {
  raw: {
    payload: {
      vendor: '',
      version: '',
      querystring: [],
      contentType: null,
      body: null,
      collector: '',
      encoding: 'UTF-8',
      hostname: null,
      timestamp: null,
      ipAddress: null,
      useragent: null,
      refererUri: null,
      headers: [],
      networkUserId: null,
    },
    parameters: new Map<string, string | null>(),
  },
  unstructSchema: null,
  pageUri: null,
  refererUri: null,
  querystring: new Map<string, string>(),
  derivedContexts: [],
}

function isColumn(name: string): name is ColumnName {
  return Object.hasOwn(columnIndex, name)
}

function goldenEvent(values: Fields): EnrichedEvent {
  const event = new EnrichedEvent()
  for (const [name, value] of Object.entries(values))
    if (isColumn(name)) event.row[columnIndex[name]] = typeof value === 'number' ? value : textOrNull(value)
  return event
}

const formatContexts: GoldenFunction = ({ args }) => {
  const contexts = argument(args, 'contexts', 0)
  if (!Array.isArray(contexts)) throw new TypeError('no list of contexts')
  const list = contexts.map(fields).map(({ schema, data }) => ({ schema: text(schema), data }))
  return derivedContextsText(list, [])
}

/** A wrapper of one value: `{ _type, args: [value] }`. */
function wrapped(value: unknown): number {
  return Number(argument(fields(value).args, '', 0))
}

const anonymize: GoldenFunction = ({ args, receiver }) => {
  const { ipv4Octets, ipv6Segments } = fields(receiver)
  const ip = textOrNull(argument(args, 'ipOrNull', 0))
  return ip === null
    ? null
    : anonymizeIp(ip, { octets: wrapped(ipv4Octets), segments: wrapped(ipv6Segments) })
}

const parseAnonIpConfig: GoldenFunction = ({ args }) => {
  const parsed = parseAnonIp(fields(fields(argument(args, 'config', 0)).parameters))
  if ('errors' in parsed) return { invalid: parsed.errors }
  return {
    valid: {
      _type: 'AnonIpConf',
      schemaKey: argument(args, 'schemaKey', 1),
      octets: { _type: 'AnonIPv4Octets', args: [parsed.octets] },
      segments: { _type: 'AnonIPv6Segments', args: [parsed.segments] },
    },
  }
}

const extractMarketingFields: GoldenFunction = ({ args, receiver }) => {
  const names = fields(receiver)
  const campaign = extractCampaign(new Map(pairs(argument(args, 'qsList', 0))), {
    medium: texts(names.mediumParameters),
    source: texts(names.sourceParameters),
    term: texts(names.termParameters),
    content: texts(names.contentParameters),
    campaign: texts(names.campaignParameters),
    clickIds: pairs(names.clickIdParameters) satisfies ClickId[],
  })
  return { _type: 'MarketingCampaign', ...campaign }
}

const getAlgorithm: GoldenFunction = ({ args }) => {
  const algorithm = algorithmOf(argument(args, 'algorithmName', 0))
  if (algorithm === undefined) throw new Error('no such algorithm')
  return algorithm
}

const getEventFingerprint: GoldenFunction = ({ args, receiver }) => {
  const { algorithm, excludedParameters } = fields(receiver)
  const sent = Object.entries(fields(argument(args, 'parameters', 0)))
  const parameters = new Map(sent.map(([name, value]) => [name, textOrNull(value)]))
  return fingerprintOf(parameters, {
    algorithm: text(algorithm),
    exclude: new Set(texts(excludedParameters)),
  })
}

const etlVersionOf: GoldenFunction = ({ args }) => {
  const { artifact, version } = fields(argument(args, 'processor', 0))
  return etlVersion({ artifact: text(artifact), version: text(version) })
}

export const functions: Readonly<Record<string, GoldenFunction>> = {
  'ConversionUtils.stringToUri': stringToUri,
  'ConversionUtils.explodeUri': explodeUri,
  'ConversionUtils.extractQuerystring': extractQuerystring,
  'ConversionUtils.fixTabsNewlines': fixTabsNewlines,
  'ConversionUtils.decodeBase64Url': decodeBase64Url,
  'ConversionUtils.validateUuid': conversion(toUuid),
  'ConversionUtils.validateInteger': conversion(value => {
    const converted = toInt(value)
    return converted instanceof Refusal ? converted : String(converted)
  }),
  'ConversionUtils.stringToJInteger': stringToJInteger,
  'ConversionUtils.stringToDoubleLike': conversion(toDecimal, {
    expectation: 'cannot be converted to Double-like',
  }),
  'ConversionUtils.stringToJBigDecimal': conversion(toDecimal),
  'ConversionUtils.stringToBooleanLikeJByte': conversion(toFlag),
  'EventEnrichments.extractEventType': conversion(toEventType),
  'EventEnrichments.extractTimestamp': conversion(toTimestamp),
  'EventEnrichments.formatCollectorTstamp': formatCollectorTstamp,
  'EventEnrichments.getDerivedTimestamp': getDerivedTimestamp,
  'MiscEnrichments.etlVersion': etlVersionOf,
  'MiscEnrichments.extractPlatform': conversion(toPlatform),
  'MiscEnrichments.extractIp': conversion(toIp),
  'MiscEnrichments.formatContexts': formatContexts,
  'ClientEnrichments.extractViewDimensions': extractViewDimensions,
  'PageEnrichments.extractPageUri': extractPageUri,
  'PageEnrichments.parseCrossDomain': crossDomain,
  'SchemaEnrichment.extractSchema': extractSchema,
  'EnrichmentManager.getCollectorVersionSet.runS': getCollectorVersionSet,
  'AnonIpEnrichment.anonymizeIp': anonymize,
  'AnonIpEnrichment.parse': parseAnonIpConfig,
  'CampaignAttributionEnrichment.extractMarketingFields': extractMarketingFields,
  'EventFingerprintEnrichment.getAlgorithm': getAlgorithm,
  'EventFingerprintEnrichment.getEventFingerprint': getEventFingerprint,
}
