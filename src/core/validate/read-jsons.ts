import { columnIndex } from '../columns.ts'
import type { EventSetup, TrackerJson } from '../enrich/setup.ts'
import { parseJsonText, type JsonText } from './json-text.ts'
import type { TrackerJsons } from './self-describing.ts'

/** Parses what the tracker sent as JSON and puts its compact text into the columns. Adds to the set-up's errors. */
export function readTrackerJsons(setup: EventSetup, maxDepth: number): TrackerJsons {
  let contexts: JsonText | null = null
  let unstructEvent: JsonText | null = null
  for (const sent of setup.jsons) {
    const json = readJson(setup, sent, maxDepth)
    if (json === null) continue
    setup.event.row[columnIndex[sent.column]] = json.text
    if (sent.column === 'contexts') contexts = json
    else unstructEvent = json
  }
  return { contexts, unstructEvent }
}

function readJson(
  { errors }: EventSetup,
  { parameter, value, text }: TrackerJson,
  maxDepth: number,
): JsonText | null {
  const json = parseJsonText(text, maxDepth)
  if (!('error' in json)) return json
  errors.push({ type: 'InputData', field: parameter, value, expectation: `invalid json: ${json.error}` })
  return null
}
