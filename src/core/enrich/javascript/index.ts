import type { EnrichedEvent } from '../../event.ts'
import { after } from '../../after.ts'
import { columnIndex } from '../../columns.ts'
import { writeTsv } from '../../emit/tsv.ts'
import { oneLine } from '../../one-line.ts'
import type { EnrichmentKind } from '../configuration.ts'
import { derivedContextsText } from '../derived-contexts.ts'
import type { EnrichmentContext, EnrichmentFailed, EnrichmentResult } from '../enrichment.ts'
import { enrichmentFailed } from '../inputs/index.ts'
import type { Script, ScriptReply } from '../services.ts'
import { readReply, type Change } from './reply.ts'

/** A script that sees each event, changes columns, attaches contexts or drops it. There may be several. */
export const javascript: EnrichmentKind = {
  criterion: 'iglu:com.snowplowanalytics.snowplow/javascript_script_config/jsonschema/1-0-*',
  name: 'javascript',
  step: 'javascript',
  several: true,
  async create({ key, parameters }, { scripts }) {
    const { script: encoded, config = {} } = parameters
    const source = decode(String(encoded))
    if (source === undefined) return { errors: ['script must be the base64 of a text in UTF-8'] }
    const script = await scripts.compile(source, Object(config))
    return (event, context) => runScript(script, key.uri, event, context)
  },
}

function decode(encoded: string): string | undefined {
  const text = encoded.replaceAll(/\s/g, '')
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'base64'))
  } catch {
    return undefined
  }
}

/** Calls the script for one event, and does what it says. `schemaKey` names its configuration in failures. */
function runScript(
  script: Script,
  schemaKey: string,
  event: EnrichedEvent,
  context: EnrichmentContext,
): EnrichmentResult | Promise<EnrichmentResult> {
  const reply = script.call(rowOf(event, context), context.raw.payload.headers)
  return after(reply, answer => apply(answer, schemaKey, event))
}

/** The columns as a line, with the contexts that were derived so far. */
function rowOf(event: EnrichedEvent, { derivedContexts }: EnrichmentContext): string {
  if (derivedContexts.length === 0) return writeTsv(event)
  event.row[columnIndex.derived_contexts] = derivedContextsText(derivedContexts, [])
  const row = writeTsv(event)
  event.row[columnIndex.derived_contexts] = null
  return row
}

function apply(answer: ScriptReply, schemaKey: string, event: EnrichedEvent): EnrichmentResult {
  if ('error' in answer) return failure(schemaKey, during(answer.error))
  if (answer.reply === '') return undefined
  const reply = readReply(answer.reply)
  if ('fault' in reply) return failure(schemaKey, during(reply.fault))
  // What a script set before it failed stays, as in Snowplow.
  for (const change of reply.changes) set(event, change)
  if (reply.error !== null) return failure(schemaKey, during(reply.error))
  if (reply.dropped) return { dropped: true }
  if ('problem' in reply.contexts) return failure(schemaKey, reply.contexts.problem)
  return reply.erased ? { replaced: reply.contexts } : reply.contexts
}

/** By place, so that the other values need not be looked at again when the event is written. */
function set(event: EnrichedEvent, [name, value]: Change): void {
  if (name === 'geo_latitude' || name === 'geo_longitude')
    event[name] = typeof value === 'number' ? value : null
  else event.row[columnIndex[name]] = typeof value === 'string' ? oneLine(value) : value
}

function during(error: string): string {
  return `Error during execution of JavaScript function: [${error}]`
}

function failure(schemaKey: string, error: string): EnrichmentFailed {
  return enrichmentFailed({ schemaKey, identifier: 'Javascript enrichment' }, [error])
}
