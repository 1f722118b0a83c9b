import { after } from '../after.ts'
import { columnIndex } from '../columns.ts'
import type { EnrichedEvent } from '../event.ts'
import type { Schemas } from '../options.ts'
import { parseJsonText } from './json-text.ts'
import { validateTrackerJsons, type InvalidJsons, type ValidJsons } from './self-describing.ts'

export interface ValidationTools {
  readonly schemas: Schemas
  readonly maxJsonDepth: number
}

/**
 * Contexts and unstruct event once more, where a script has changed what the tracker sent; the very same where none
 * has. What was said of superseded schemas stays said.
 */
export function validateChangedJsons(
  { row }: EnrichedEvent,
  valid: ValidJsons,
  { schemas, maxJsonDepth }: ValidationTools,
): ValidJsons | InvalidJsons | Promise<ValidJsons | InvalidJsons> {
  const contexts = row[columnIndex.contexts]
  const unstructEvent = row[columnIndex.unstruct_event]
  if (contexts === valid.contexts && unstructEvent === valid.unstructEvent) return valid
  const read = (text: string | number | null | undefined) =>
    typeof text === 'string' ? parseJsonText(text, maxJsonDepth) : null
  const jsons = { contexts: read(contexts), unstructEvent: read(unstructEvent) }
  return after(validateTrackerJsons(jsons, schemas), changed =>
    'errors' in changed
      ? changed
      : { ...changed, validationInfo: [...valid.validationInfo, ...changed.validationInfo] },
  )
}
