import type { EnrichedEvent } from '../../event.ts'
import type { EnrichmentContext } from '../enrichment.ts'
import { EventJsons, readInputText, type KeyedInput } from '../inputs/index.ts'

/** The value of every key; undefined when one of them has none. Of two inputs for one key the later value counts. */
export function readInputs(
  inputs: readonly KeyedInput[],
  event: EnrichedEvent,
  context: EnrichmentContext,
): ReadonlyMap<string, string> | undefined {
  const jsons = new EventJsons(event, context)
  const values = new Map<string, string>()
  for (const { key, source } of inputs) {
    const value = readInputText(source, event, jsons)
    if (value !== null) values.set(key, value)
  }
  return inputs.every(({ key }) => values.has(key)) ? values : undefined
}
