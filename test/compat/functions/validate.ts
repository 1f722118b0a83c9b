import { writeTsv } from '../../../src/core/emit/tsv.ts'
import { validateDerivedContexts } from '../../../src/core/validate/derived-contexts.ts'
import { parseJsonText } from '../../../src/core/validate/json-text.ts'
import {
  validateTrackerJsons,
  type InvalidJsons,
  type ValidJsons,
} from '../../../src/core/validate/self-describing.ts'
import type { FailureDetail } from '../../../src/core/index.ts'
import { compileSchema, parseSelfDescribing, schemaKey } from '../../../src/iglu/index.ts'
import { isFields, type Fields } from '../corpus.ts'
import { schemasOf } from '../schemas.ts'
import { describeRow, readContexts, readEvent, readRawEvent } from '../vocabulary.ts'
import { describeFailure } from './adapt.ts'
import type { GoldenCall, GoldenFunction } from './types.ts'

/* Snowplow's functions for JSON and its schemas, and for the finished row, by ours. */

function named(args: unknown): Fields {
  return isFields(args) ? args : {}
}

const validateAndReformatJson: GoldenFunction = ({ args }) => {
  const json = parseJsonText(String(named(args)['str']))
  return 'error' in json ? { left: `invalid json: ${json.error}` } : { right: json.text }
}

type Column = 'contexts' | 'unstruct_event'

async function validate(
  { args, config }: GoldenCall,
  only: readonly Column[],
): Promise<ValidJsons | InvalidJsons> {
  const event = readEvent(named(args)['enriched'])
  const read = (column: Column): ReturnType<typeof parseJsonText> | null => {
    const text = only.includes(column) ? event[column] : null
    return text === null ? null : parseJsonText(text)
  }
  const jsons = { contexts: read('contexts'), unstructEvent: read('unstruct_event') }
  return validateTrackerJsons(jsons, schemasOf(String(named(config)['iglu'])))
}

/** The items of a wrapper as the original returns them. */
function describeItems(text: string | null): Fields[] {
  const { data } = JSON.parse(text ?? '{"data":[]}') as { data: unknown }
  return (Array.isArray(data) ? data : [data]).map(describeItem)
}

function describeItem(item: unknown): Fields {
  const described = parseSelfDescribing(item)
  if (typeof described === 'string') throw new TypeError(`${described}: ${JSON.stringify(item)}`)
  return { _type: 'SelfDescribingData', schema: described.schema.uri, data: described.data }
}

const extractAndValidateUnstructEvent: GoldenFunction = async call => {
  const result = await validate(call, ['unstruct_event'])
  if ('errors' in result) return { invalid: describeFirst(result.errors) }
  const [sdj = null] = result.unstructEvent === null ? [] : describeItems(result.unstructEvent)
  return { valid: sdj === null ? null : withInfo(sdj, result) }
}

function describeFirst(errors: readonly FailureDetail[]): Fields {
  const [error] = errors
  if (error === undefined) throw new RangeError('invalid without an error')
  return describeFailure(error)
}

const extractAndValidateInputContexts: GoldenFunction = async call => {
  const result = await validate(call, ['contexts'])
  if ('errors' in result) return { invalid: result.errors.map(describeFailure) }
  return { valid: describeItems(result.contexts).map(sdj => withInfo(sdj, result)) }
}

function withInfo(sdj: Fields, { validationInfo }: ValidJsons): Fields {
  return { _type: 'SdjExtractResult', sdj, validationInfo: validationInfo[0] ?? null }
}

const extractAndValidateInputJsons: GoldenFunction = async call => {
  const result = await validate(call, ['contexts', 'unstruct_event'])
  const { enriched, raw, processor } = named(call.args)
  if ('errors' in result) {
    const passage = { event: readEvent(enriched), raw: readRawEvent(raw) }
    return {
      left: describeRow({ type: 'schema_violations', messages: result.errors, ...passage }, processor),
    }
  }
  return {
    right: {
      _type: 'EventExtractResult',
      contexts: describeItems(result.contexts),
      unstructEvent: describeItems(result.unstructEvent)[0] ?? null,
      validationInfoContexts: result.validationInfo,
    },
  }
}

const validateEnrichmentsContexts: GoldenFunction = async ({ args, config }) => {
  const { sdjs, raw, enriched, processor } = named(args)
  const messages = await validateDerivedContexts(readContexts(sdjs), schemasOf(String(named(config)['iglu'])))
  if (messages.length === 0) return { right: null }
  const passage = { event: readEvent(enriched), raw: readRawEvent(raw) }
  return { left: describeRow({ type: 'enrichment_failures', messages, ...passage }, processor) }
}

const validateWithSchema: GoldenFunction = ({ args }) => {
  const [data, schema] = args as readonly [unknown, unknown]
  const issues = compileSchema(schemaKey('com.acme', 'golden', '1-0-0'), schema).validate(data)
  return issues.length === 0 ? { right: null } : { left: issues }
}

const tabSeparatedEnrichedEvent: GoldenFunction = ({ args }) =>
  writeTsv(readEvent(named(args)['enrichedEvent']))

export const functions: Readonly<Record<string, GoldenFunction>> = {
  'JsonUtils.validateAndReformatJson': validateAndReformatJson,
  'IgluUtils.extractAndValidateUnstructEvent': extractAndValidateUnstructEvent,
  'IgluUtils.extractAndValidateInputContexts': extractAndValidateInputContexts,
  'IgluUtils.extractAndValidateInputJsons': extractAndValidateInputJsons,
  'IgluUtils.validateEnrichmentsContexts': validateEnrichmentsContexts,
  'CirceValidator.validate': validateWithSchema,
  'ConversionUtils.tabSeparatedEnrichedEvent': tabSeparatedEnrichedEvent,
}
