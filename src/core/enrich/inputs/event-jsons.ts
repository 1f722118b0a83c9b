import { matchesCriterion, parseSelfDescribing, type SchemaCriterion } from '../../../iglu/index.ts'
import { membersOf } from '../../../lib/index.ts'
import type { EnrichedEvent } from '../../event.ts'
import { scan } from '../../validate/json-scan.ts'
import type { EnrichmentContext } from '../enrichment.ts'

export const jsonFields = ['unstruct_event', 'contexts', 'derived_contexts'] as const
export type JsonField = (typeof jsonFields)[number]

/** The JSONs of one event, each column parsed when it is first asked for. */
export class EventJsons {
  readonly #event: EnrichedEvent
  readonly #context: EnrichmentContext
  #contexts: readonly unknown[] | undefined
  #unstruct: readonly unknown[] | undefined

  constructor(event: EnrichedEvent, context: EnrichmentContext) {
    this.#event = event
    this.#context = context
  }

  /** The data of the first JSON whose schema matches; undefined when there is none. */
  first(field: JsonField, criterion: SchemaCriterion): unknown {
    for (const json of this.#list(field)) {
      const described = parseSelfDescribing(json)
      if (typeof described !== 'string' && matchesCriterion(criterion, described.schema))
        return described.data
    }
    return undefined
  }

  #list(field: JsonField): readonly unknown[] {
    switch (field) {
      case 'derived_contexts':
        return this.#context.derivedContexts
      case 'contexts':
        return (this.#contexts ??= listOf(dataOf(this.#event.contexts)))
      case 'unstruct_event':
        return (this.#unstruct ??= [dataOf(this.#event.unstruct_event)])
    }
  }
}

/** What the wrapper of a column holds; undefined where a script made it something else, which is told later. */
function dataOf(column: string | null): unknown {
  const wrapper = column === null ? null : parseExactly(column)
  return membersOf(wrapper).data
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

// As deep as the contexts of a tracker may be, whatever the configuration says.
const maxDepth = 1000

/**
 * Integers that a double cannot hold become texts of their digits: an identifier must not change. Undefined for what is
 * no JSON or too deep for those who read it: a script may have put it there, and the event is bad for that once all
 * enrichments are through.
 */
function parseExactly(text: string): unknown {
  if (scan(text, maxDepth) === 'too deep') return undefined
  try {
    return /\d{16}/.test(text) ? JSON.parse(text, exactly) : JSON.parse(text)
  } catch {
    return undefined
  }
}

function exactly(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source ?? ''
  return /^-?\d{16,}$/.test(source) ? source : value
}
