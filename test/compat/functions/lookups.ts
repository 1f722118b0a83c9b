import { noServices } from '../../../src/core/enrich/test-services.ts'
import { columns, type EnrichedEvent } from '../../../src/core/index.ts'
import { extract, readResponse } from '../../../src/core/enrich/api-request/outputs.ts'
import { readInputs } from '../../../src/core/enrich/api-request/inputs.ts'
import { parseApiParameters } from '../../../src/core/enrich/api-request/parameters.ts'
import { apiRequest } from '../../../src/core/enrich/api-request/index.ts'
import { fillTemplate } from '../../../src/core/enrich/api-request/template.ts'
import { currencyConversion } from '../../../src/core/enrich/currency/index.ts'
import type { EnrichmentResult } from '../../../src/core/enrich/enrichment.ts'
import {
  EventJsons,
  parseInputSource,
  readInputText,
  type KeyedInput,
} from '../../../src/core/enrich/inputs/index.ts'
import type { Answer, HttpResponse, Lookups } from '../../../src/core/index.ts'
import { readPlaceholders, readSqlInput, sqlValueOf } from '../../../src/core/enrich/sql-query/inputs.ts'
import { valueOf } from '../../../src/core/enrich/sql-query/output.ts'
import { parseSqlParameters } from '../../../src/core/enrich/sql-query/parameters.ts'
import { compileJsonPath } from '../../../src/core/json-path/index.ts'
import { compileSchema, parseSchemaKey, schemaKey } from '../../../src/iglu/index.ts'
import { isFields, type Fields } from '../corpus.ts'
import { describeRow, readContexts, readEvent } from '../vocabulary.ts'
import { emptyContext } from './enrich.ts'
import type { GoldenFunction } from './types.ts'

/* Snowplow's enrichments that ask the outside, by ours: API request, SQL query, currency conversion. */

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function argument(args: unknown, name: string, place: number): unknown {
  return Array.isArray(args) ? args[place] : fieldsOf(args)[name]
}

/** An input of the corpus in the words of a configuration. */
function asConfigured(input: unknown): Fields {
  const { _type, key, placeholder, field, schemaCriterion, criterion, jsonPath } = fieldsOf(input)
  const place = key === undefined ? { placeholder } : { key }
  return _type === 'Pojo'
    ? { ...place, pojo: { field } }
    : { ...place, json: { field, schemaCriterion: schemaCriterion ?? criterion, jsonPath } }
}

function contextOf(args: unknown) {
  return { ...emptyContext, derivedContexts: readContexts(argument(args, 'derivedContexts', 1)) }
}

const collected = (input: unknown) => {
  const source = parseInputSource(asConfigured(input))
  const { key, placeholder } = fieldsOf(input)
  return { key: String(key), placeholder: Number(placeholder), source }
}

const templateContext: GoldenFunction = ({ args }) => {
  const { inputs, event } = fieldsOf(args)
  const parsed = listOf(inputs).map(collected)
  const good = parsed.flatMap(({ key, source }): KeyedInput[] => ('error' in source ? [] : [{ key, source }]))
  if (good.length < parsed.length) return { invalid: 'inputs' }
  const values = readInputs(good, readEvent(event), contextOf(args))
  return { valid: values === undefined ? null : Object.fromEntries(values) }
}

/** Without an event nothing can be taken from it. */
const placeholderMap: GoldenFunction = ({ args }) => {
  const { inputs, event } = fieldsOf(args)
  const parsed = listOf(inputs).map(collected)
  const failed = parsed.filter(
    ({ source }) => 'error' in source || (source.kind === 'pojo' && event === null),
  )
  if (failed.length > 0) return { left: failed }
  const good = parsed.flatMap(({ placeholder, source }) =>
    'error' in source ? [] : [{ placeholder, source }],
  )
  return { right: readPlaceholders(good, good.length, readEvent(event), contextOf(args)) ?? null }
}

/** A value and the type that it is bound as. */
function typedValue(value: unknown): unknown {
  if (value === null) return null
  const types: Readonly<Record<string, string>> = { boolean: 'Boolean', bigint: 'Long', number: 'Double' }
  const type = types[typeof value] ?? 'String'
  const name = typeof value === 'number' && Number.isInteger(value) ? 'Int' : type
  return { _type: `${name}Placeholder.Value`, x: value }
}

const pojoPull: GoldenFunction = ({ args, receiver }) => {
  const { key, placeholder } = fieldsOf(receiver)
  const source = parseInputSource(asConfigured(receiver))
  if ('error' in source) return { invalid: source.error }
  const event = readEvent(argument(args, 'event', 0))
  const jsons = new EventJsons(event, contextOf(args))
  return key === undefined
    ? { valid: [placeholder, typedValue(readSqlInput(source, event, jsons))] }
    : { valid: [key, readInputText(source, event, jsons)] }
}

const bySchemaCriterion: GoldenFunction = ({ args }) => {
  const { contexts, criterion } = fieldsOf(args)
  const source = parseInputSource({
    json: { field: 'derived_contexts', schemaCriterion: criterion, jsonPath: '$' },
  })
  if ('error' in source || source.kind !== 'json') throw new Error('no criterion')
  const context = { ...emptyContext, derivedContexts: readContexts(contexts) }
  return new EventJsons(readEvent({}), context).first('derived_contexts', source.criterion) ?? null
}

/** Circe's decoder, as our parser of one input. */
const decode: GoldenFunction = ({ args }) => {
  const [json, type] = listOf(args)
  if (type !== 'Input') throw new Error(`no decoder of ${String(type)}`)
  const source = parseInputSource(json)
  return 'error' in source
    ? { left: { _type: 'DecodingFailure', message: source.error, ops: [] } }
    : { right: source }
}

const sqlTypes: Readonly<Record<string, Parameters<typeof valueOf>[1]>> = {
  'java.lang.Integer': 'integer',
  'java.lang.Long': 'integer',
  'java.lang.Boolean': 'boolean',
  'java.lang.Double': 'number',
  'java.lang.Float': 'number',
  'java.lang.String': 'text',
  'java.sql.Date': 'date',
}

const getValue: GoldenFunction = ({ args }) => {
  const { anyRef, datatype } = fieldsOf(args)
  return valueOf(textOrNull(anyRef), sqlTypes[String(datatype)] ?? 'other')
}

const parseSql: GoldenFunction = ({ args }) => {
  const { c, schemaKey: key } = fieldsOf(args)
  const parameters = fieldsOf(fieldsOf(c)['parameters'])
  const parsed = parseSqlParameters(parameters)
  if ('errors' in parsed) return { invalid: parsed.errors }
  const { host, port, ssl, password, database, kind } = parsed.database
  const { schema, describes, propertyNames, expectedRows } = parsed.output
  return {
    valid: {
      _type: 'SqlQueryConf',
      schemaKey: key,
      inputs: describeInputs(parameters['inputs']),
      // The corpus has these two under the names of their neighbours.
      db: {
        _type: kind === 'postgresql' ? 'PostgresqlDb' : 'MysqlDb',
        host,
        port,
        sslMode: ssl,
        username: password,
        password: database,
      },
      query: { _type: 'Query', sql: parsed.sql },
      output: {
        _type: 'Output',
        json: {
          _type: 'JsonOutput',
          schema,
          describes: typeOf(describes),
          propertyNames: typeOf(propertyNames),
        },
        expectedRows: typeOf(expectedRows),
      },
      cache: { _type: 'Cache', size: parsed.cache.size, ttl: parsed.cache.ttlSeconds },
      ignoreOnError: parsed.ignoreOnError,
    },
  }
}

function typeOf(name: string): Fields {
  const type = name
    .toLowerCase()
    .split('_')
    .map(word => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
  return { _type: type }
}

/** Inputs of a configuration in the words of the corpus, which calls a criterion by two names. */
function describeInputs(inputs: unknown): unknown {
  return listOf(inputs).map(input => {
    const { key, placeholder, pojo, json } = fieldsOf(input)
    const place = key === undefined ? { placeholder } : { key }
    if (pojo !== undefined) return { _type: 'Pojo', ...place, ...fieldsOf(pojo) }
    const { schemaCriterion, ...rest } = fieldsOf(json)
    const criterion = key === undefined ? { schemaCriterion } : { criterion: schemaCriterion }
    return { _type: 'Json', ...place, ...rest, ...criterion }
  })
}

const parseApi: GoldenFunction = ({ args }) => {
  const { c, schemaKey: key } = fieldsOf(args)
  const parameters = fieldsOf(fieldsOf(c)['parameters'])
  const parsed = parseApiParameters(parameters)
  if ('errors' in parsed) return { invalid: parsed.errors }
  const credentials = Buffer.from((parsed.authorization ?? '').replace('Basic ', ''), 'base64').toString()
  const [username, password] = credentials.split(':')
  return {
    valid: {
      _type: 'ApiRequestConf',
      schemaKey: key,
      inputs: describeInputs(parameters['inputs']),
      api: {
        _type: 'HttpApi',
        method: parsed.method,
        uri: parsed.uri,
        timeout: parsed.timeoutMs,
        authentication: {
          _type: 'Authentication',
          httpBasic: { _type: 'HttpBasic', username: username || null, password: password || null },
        },
      },
      outputs: parsed.outputs.map(({ schema, jsonPath }) => ({
        _type: 'Output',
        schema,
        json: { _type: 'JsonOutput', jsonPath },
      })),
      cache: { _type: 'Cache', size: parsed.cache.size, ttl: parsed.cache.ttlSeconds },
      ignoreOnError: parsed.ignoreOnError,
    },
  }
}

function outputOf(receiver: unknown) {
  const { schema, json } = fieldsOf(receiver)
  const jsonPath = textOrNull(fieldsOf(json)['jsonPath']) ?? '$'
  const path = compileJsonPath(jsonPath)
  if ('error' in path) throw new Error(path.error)
  return { schema: String(schema), jsonPath, path }
}

function eitherOf(answer: Answer<unknown>): unknown {
  return 'error' in answer ? { left: answer.error } : { right: answer.value }
}

const outputExtract: GoldenFunction = ({ args, receiver }) =>
  eitherOf(extract(outputOf(receiver), fieldsOf(args)['value']))

const parseResponse: GoldenFunction = ({ args }) => {
  const body = String(fieldsOf(args)['apiResponse'])
  const path = outputOf({ schema: '', json: { jsonPath: '$' } })
  const answer = readResponse({ status: 200, body }, [path])
  if ('error' in answer) return { left: answer.error }
  return 'error' in answer.value ? { left: answer.value.error } : { right: answer.value.value[0]?.data }
}

const describeJson: GoldenFunction = ({ args, receiver }) => {
  const { schema } = outputOf(receiver)
  const { json } = fieldsOf(args)
  const given = isFields(json) && 'right' in json ? json['right'] : json
  // The case of the corpus expects the side of the call that it is given.
  return { right: { schema, data: given } }
}

const buildUrl: GoldenFunction = ({ args, receiver }) => {
  const values = new Map(
    Object.entries(fieldsOf(fieldsOf(args)['context'])).map(([key, one]) => [key, String(one)]),
  )
  return fillTemplate(String(fieldsOf(receiver)['uri']), values)
}

/** The whole enrichment, with a server that says what the case says. */
const apiLookup: GoldenFunction = async ({ args, receiver, input }) => {
  const { schemaKey: key, api, outputs, cache, ignoreOnError } = fieldsOf(receiver)
  const response = fieldsOf(input['api_response'])
  const answer: Answer<HttpResponse> =
    'right' in response
      ? { value: { status: 200, body: String(response['right']) } }
      : { error: String(response['left']) }
  const parameters = {
    inputs: [],
    api: { http: { ...fieldsOf(api), authentication: {} } },
    outputs: listOf(outputs).map(output => ({ json: { jsonPath: '$' }, ...dropNull(output) })),
    cache,
    ignoreOnError,
  }
  const enrich = await apiRequest.create(
    { key: keyOf(key), parameters, data: {} },
    { ...noServices, lookups: answering(answer) },
  )
  if ('errors' in enrich) return { invalid: enrich.errors }
  const [event] = listOf(args)
  return sideOf(await enrich(readEvent(event), emptyContext))
}

function dropNull(value: unknown): Fields {
  return Object.fromEntries(Object.entries(fieldsOf(value)).filter(([, one]) => one !== null))
}

export function answering(answer: Answer<HttpResponse>): Lookups {
  return {
    http: ({ read }) => ({ ask: () => ('error' in answer ? answer : read(answer.value)) }),
    sql: () => ({ ask: () => ({ error: 'no database' }) }),
  }
}

/** The corpus has keys that no schema has. */
function keyOf(uri: unknown) {
  const key = parseSchemaKey(String(uri))
  return typeof key === 'string' ? { ...schemaKey('vendor', 'name', '1-0-0'), uri: String(uri) } : key
}

function sideOf(result: EnrichmentResult): unknown {
  if (result === undefined) return { valid: [] }
  if ('length' in result) {
    return { valid: result.map(({ schema, data }) => ({ _type: 'SelfDescribingData', schema, data })) }
  }
  if (!('failures' in result)) throw new TypeError('unexpected result')
  return { invalid: describeFailures(result.failures) }
}

function describeFailures(failures: Extract<EnrichmentResult, { failures: unknown }>['failures']): unknown {
  const event: EnrichedEvent = readEvent({})
  const raw = emptyContext.raw
  const row = describeRow({ type: 'enrichment_failures', messages: failures, event, raw }, null)
  return listOf(fieldsOf(row['failure'])['messages']).map(message => ({
    ...fieldsOf(message),
    enrichment: { _type: 'EnrichmentInformation', ...fieldsOf(fieldsOf(message)['enrichment']) },
  }))
}

const convertCurrencies: GoldenFunction = async ({ args, receiver }) => {
  const [tr_currency, tr_total, tr_tax, tr_shipping, ti_currency, ti_price, time] = listOf(args)
  const { schemaKey: key, apiKey, baseCurrency } = fieldsOf(receiver)
  const parameters = { accountType: 'DEVELOPER', apiKey, baseCurrency, rateAt: 'EOD_PRIOR' }
  const enrich = await currencyConversion.create(
    { key: keyOf(key), parameters, data: {} },
    { ...noServices, lookups: answering({ error: 'no rates in this case' }) },
  )
  if ('errors' in enrich) return { invalid: enrich.errors }
  const event = readEvent({ tr_currency, ti_currency })
  Object.assign(event, {
    tr_total: textOrNull(tr_total),
    tr_tax: textOrNull(tr_tax),
    tr_shipping: textOrNull(tr_shipping),
    ti_price: textOrNull(ti_price),
    collector_tstamp: timestampOf(time),
  })
  const result = await enrich(event, emptyContext)
  if (result !== undefined && 'failures' in result) return { invalid: describeFailures(result.failures) }
  return { valid: columns.flatMap(([name]) => (bases.has(name) ? [event[name]] : [])) }
}

const bases: ReadonlySet<string> = new Set([
  'tr_total_base',
  'tr_tax_base',
  'tr_shipping_base',
  'ti_price_base',
])

function textOrNull(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function timestampOf(value: unknown): string | null {
  const [year, month, day] = listOf(fieldsOf(value)['args']).map(Number)
  if (year === undefined || month === undefined || day === undefined) return null
  return `${new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10)} 00:00:00.000`
}

const validate: GoldenFunction = ({ args }) => {
  const [data, schema] = listOf(args)
  const issues = compileSchema(schemaKey('corpus', 'case', '1-0-0'), schema).validate(data)
  return issues.length > 0 ? { left: issues } : { right: data }
}

export const functions: Readonly<Record<string, GoldenFunction>> = {
  'Input.buildTemplateContext': templateContext,
  'Input.buildPlaceholderMap': placeholderMap,
  'Input.extractFromJson': ({ args }) => typedValue(sqlValueOf(fieldsOf(args)['json'])),
  'Input.getBySchemaCriterion': bySchemaCriterion,
  'Pojo.pull': pojoPull,
  'Json.as': decode,
  'JsonOutput.getValue': getValue,
  'SqlQueryEnrichment.parse': parseSql,
  'ApiRequestEnrichment.parse': parseApi,
  'ApiRequestConf.lookup': apiLookup,
  'HttpApi.buildUrl': buildUrl,
  'Output.extract': outputExtract,
  'Output.parseResponse': parseResponse,
  'Output.describeJson': describeJson,
  'CurrencyConversionConf.convertCurrencies': convertCurrencies,
  'CirceValidator.validate': validate,
}
