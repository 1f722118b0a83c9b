import { MillraceError } from '../../../lib/index.ts'
import { after } from '../../after.ts'
import { isColumn, type ColumnName } from '../../columns.ts'
import type { DerivedContext } from '../../event.ts'
import type { Enrichment, EnrichmentResult, Step } from '../enrichment.ts'
import { enrichmentFailed, parseKeyedInputs } from '../inputs/index.ts'
import { questionKey } from '../question-key.ts'
import type { Answer, Lookups } from '../services.ts'
import { readContexts } from './answer.ts'
import type { HookOptions, HooksOptions } from './options.ts'
import { eventQuestion, identityQuestion, type Question } from './question.ts'

/*
 * What Snowplow has services of its own for: event specifications and identities. A service of the operator's is asked
 * in their place and time, and the contexts that it answers are attached.
 */

/** A service that is to be asked. */
export interface Hook {
  /** In metrics, and in bad rows as its identifier. */
  readonly name: Step
  /** What a service is there for. Bad rows name it where those of others name a configuration's schema. */
  readonly context: string
  readonly options: HookOptions
  readonly question: Question
}

const vendor = 'iglu:com.snowplowanalytics.snowplow'

/** Throws a MillraceError that names the field of the configuration that is wrong. */
export function parseHooks({ eventSpecification, identity }: HooksOptions): readonly Hook[] {
  const hooks: Hook[] = []
  if (eventSpecification !== undefined) {
    const { columns: names, ...options } = eventSpecification
    const question = eventQuestion(names.map(columnNamed))
    const context = `${vendor}/event_specification/jsonschema/1-0-4`
    hooks.push({ name: 'event-specification', context, options, question })
  }
  if (identity !== undefined) {
    const { identifiers, ...options } = identity
    const { inputs, errors } = parseKeyedInputs(identifiers)
    if (errors.length > 0) throw wrong('identity.identifiers', errors.join('; '))
    const context = `${vendor}/identity/jsonschema/2-0-0`
    hooks.push({ name: 'identity', context, options, question: identityQuestion(inputs) })
  }
  return hooks
}

function columnNamed(name: string): ColumnName {
  if (!isColumn(name))
    throw wrong('eventSpecification.columns', `${name} is not a column of an enriched event`)
  return name
}

function wrong(field: string, problem: string): MillraceError {
  return new MillraceError('config', `enrich.hooks.${field}: ${problem}`, { retryable: false })
}

const headers = { 'content-type': 'application/json', accept: 'application/json' }

export function openHook(
  { name, context: schemaKey, options, question }: Hook,
  lookups: Lookups,
): Enrichment {
  const { url, cacheSize, cacheTtlMs, ignoreOnError } = options
  const lookup = lookups.http<readonly DerivedContext[]>({
    name,
    timeoutMs: options.timeoutMs,
    concurrency: options.maxConnections,
    cache: { size: cacheSize, ttlMs: cacheTtlMs, errorTtlMs: cacheTtlMs / 10 },
    read: readContexts,
  })
  const finish = (answer: Answer<readonly DerivedContext[]>): EnrichmentResult => {
    if ('value' in answer) return answer.value
    return ignoreOnError ? undefined : enrichmentFailed({ schemaKey, identifier: name }, [answer.error])
  }
  return {
    name,
    schemaKey,
    step: name,
    enrich(event, context) {
      const body = question(event, context)
      if (body === undefined) return undefined
      return after(lookup.ask(questionKey(body), { method: 'POST', url, headers, body }), finish)
    },
  }
}
