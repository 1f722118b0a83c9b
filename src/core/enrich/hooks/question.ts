import { columns, type ColumnName } from '../../columns.ts'
import type { EnrichedEvent } from '../../event.ts'
import { derivedContextsText } from '../derived-contexts.ts'
import type { EnrichmentContext } from '../enrichment.ts'
import { EventJsons, readInputText, type KeyedInput } from '../inputs/index.ts'

/** JSON text; undefined: there is nothing to ask. Equal questions read alike. */
export type Question = (event: EnrichedEvent, context: EnrichmentContext) => string | undefined

/** `{"app_id": "shop", "contexts": {"schema": …, "data": […]}, …}`: columns that have a value. */
export function eventQuestion(names: readonly ColumnName[]): Question {
  return (event, context) => {
    const members = names.flatMap(name => {
      const text = valueText(name, event, context)
      return text === null ? [] : `${JSON.stringify(name)}:${text}`
    })
    return `{${members.join(',')}}`
  }
}

const jsonColumns: ReadonlySet<ColumnName> = new Set(
  columns.filter(([, type]) => type === 'json').map(([name]) => name),
)

function valueText(name: ColumnName, event: EnrichedEvent, context: EnrichmentContext): string | null {
  const value = name === 'derived_contexts' ? derivedContextsText(context.derivedContexts, []) : event[name]
  if (value === null) return null
  return jsonColumns.has(name) ? ifJson(String(value)) : JSON.stringify(value)
}

/** The text itself, whose numbers keep their digits. A script may have put anything there. */
function ifJson(text: string): string | null {
  try {
    JSON.parse(text)
    return text
  } catch {
    return null
  }
}

/** `{"identifiers": {"user_id": "alex", …}}`: those that the event has, as texts. */
export function identityQuestion(identifiers: readonly KeyedInput[]): Question {
  return (event, context) => {
    const jsons = new EventJsons(event, context)
    const found = new Map<string, string>()
    for (const { key, source } of identifiers) {
      const value = readInputText(source, event, jsons)
      if (value !== null && value !== '') found.set(key, value)
    }
    return found.size === 0 ? undefined : JSON.stringify({ identifiers: Object.fromEntries(found) })
  }
}
