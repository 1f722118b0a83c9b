import type { FailureDetail } from '../bad-row.ts'
import { columnIndex } from '../columns.ts'
import { EnrichedEvent, type RawEvent, type RawRecord } from '../event.ts'
import type { CoreOptions } from '../options.ts'
import { Refusal, toDimensions } from './conversions.ts'
import { generatedId } from './generated-id.ts'
import { parameterRules, type ParameterRule } from './parameters.ts'
import { formatTimestamp, inFourDigitYears, isoOf } from './timestamps.ts'

/** A JSON that the tracker sent, decoded but not looked into. */
export interface TrackerJson {
  readonly column: 'contexts' | 'unstruct_event'
  /** `co`, `cx`, `ue_pr` or `ue_px` */
  readonly parameter: string
  readonly value: string
  readonly text: string
}

export type ConversionError = Extract<FailureDetail, { type: 'InputData' }>

export interface EventSetup {
  readonly event: EnrichedEvent
  /** Every conversion that failed, not only the first. The columns of the others are set. */
  readonly errors: ConversionError[]
  /** To be compacted into its column by the caller; where two feed one column, the later one wins. */
  readonly jsons: TrackerJson[]
}

/** Where an event comes from: its record, and which of the record's events it is. */
export interface EventSource {
  readonly record: RawRecord
  readonly index: number
}

/** The event as the collector and the tracker described it, before validation and enrichments. */
export function setupEvent(raw: RawEvent, source: EventSource, options: CoreOptions): EventSetup {
  const setup: EventSetup = { event: new EnrichedEvent(), errors: [], jsons: [] }
  setInitialValues(setup, raw, source.record, options)
  const rules = parameterRules[options.compatibility]
  raw.parameters.forEach((value, parameter) => {
    if (value === null) return
    const rule = rules.get(parameter)
    if (rule !== undefined) applyRule(rule, { setup, raw, parameter, value })
  })
  setup.event.row[columnIndex.event_id] ??= generatedId(source)
  return setup
}

function setInitialValues(
  { event, errors }: EventSetup,
  raw: RawEvent,
  record: RawRecord,
  options: CoreOptions,
) {
  const { payload } = raw
  const { row } = event
  setSent(event, columnIndex.v_collector, payload.collector)
  row[columnIndex.v_etl] = etlVersion(options.processor)
  row[columnIndex.etl_tstamp] = formatTimestamp(record.processedAt)
  setSent(event, columnIndex.network_userid, payload.networkUserId)
  setSent(event, columnIndex.user_ipaddress, payload.ipAddress)
  row[columnIndex.useragent] = payload.useragent === null ? null : withoutLineBreaks(payload.useragent)
  const collectorTimestamp = formatCollectorTimestamp(payload.timestamp)
  if (typeof collectorTimestamp === 'string') row[columnIndex.collector_tstamp] = collectorTimestamp
  else errors.push(collectorTimestamp)
}

/** What stands in the collector's record, with whatever characters. */
function setSent({ row, doubtful }: EnrichedEvent, slot: number, text: string | null): void {
  row[slot] = text
  if (!isOneLine(text)) doubtful.push(slot)
}

export function etlVersion(processor: CoreOptions['processor']): string {
  return `${processor.artifact}-${processor.version}`
}

export function formatCollectorTimestamp(ms: number | null): string | ConversionError {
  if (ms === null) return collectorTimestampError(null, 'should be set')
  const text = formatTimestamp(ms)
  if (inFourDigitYears(ms)) return text
  return collectorTimestampError(isoOf(text), `formatted as ${text} is not Redshift-compatible`)
}

function collectorTimestampError(value: string | null, expectation: string): ConversionError {
  return { type: 'InputData', field: 'collector_tstamp', value, expectation }
}

const lineBreakOrTab = /[\r\n\t]/

function isOneLine(text: string | null): boolean {
  return text === null || !lineBreakOrTab.test(text)
}

function withoutLineBreaks(useragent: string): string {
  if (isOneLine(useragent)) return useragent
  return useragent.replace(/[\r\n]/g, '').replaceAll('\t', '    ')
}

interface Sent {
  readonly setup: EventSetup
  readonly raw: RawEvent
  readonly parameter: string
  readonly value: string
}

function applyRule(rule: ParameterRule, sent: Sent): void {
  switch (rule.kind) {
    case 'value':
      return setValue(rule, sent)
    case 'dimensions':
      return setDimensions(rule, sent)
    case 'json':
      return addJson(rule, sent)
  }
}

function setValue(rule: Extract<ParameterRule, { kind: 'value' }>, sent: Sent): void {
  const converted = rule.convert(sent.value)
  if (converted instanceof Refusal) return refuse(converted, sent)
  if (rule.yieldsTo !== null && (sent.raw.parameters.get(rule.yieldsTo) ?? null) !== null) return
  sent.setup.event.row[rule.slot] = converted
}

function setDimensions(rule: Extract<ParameterRule, { kind: 'dimensions' }>, sent: Sent): void {
  const converted = toDimensions(sent.value)
  if (converted instanceof Refusal) return refuse(converted, sent)
  sent.setup.event.row[rule.widthSlot] = converted.width
  sent.setup.event.row[rule.heightSlot] = converted.height
}

function addJson(rule: Extract<ParameterRule, { kind: 'json' }>, sent: Sent): void {
  const { parameter, value } = sent
  const json = { column: rule.column, parameter, value, text: rule.decode(value) }
  if (rule.wins) sent.setup.jsons.push(json)
  else sent.setup.jsons.unshift(json)
}

function refuse(refusal: Refusal, { setup, parameter, value }: Sent): void {
  setup.errors.push({ type: 'InputData', field: parameter, value, expectation: refusal.expectation })
}
