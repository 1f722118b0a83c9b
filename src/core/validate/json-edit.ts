import { escapeControls } from './json-characters.ts'
import { elementsOf, membersOf } from './json-tokens.ts'

/** New values by their place in a JSON value: names and indices lead to the JSON text that is to stand there. */
export type JsonEdits = Map<string | number, JsonEdits | string>

/** Notes that at this place a new text shall stand, in place of an earlier one. The path is not empty. */
export function addEdit(edits: JsonEdits, path: readonly (string | number)[], text: string): void {
  let inner = edits
  for (const key of path.slice(0, -1)) {
    const next = inner.get(key)
    const found = next instanceof Map ? next : new Map<string | number, JsonEdits | string>()
    inner.set(key, found)
    inner = found
  }
  inner.set(path.at(-1) ?? '', text)
}

/** The compact text with the edits made, and everything else left as it stands: digits of numbers, order of keys. */
export function editJson(text: string, edits: JsonEdits): string {
  if (text.startsWith('[')) {
    const elements = elementsOf(text).map((element, index) => edited(element, edits.get(index)))
    return `[${elements.join(',')}]`
  }
  const members = Array.from(membersOf(text), ([name, value]) => {
    return `${escapeControls(JSON.stringify(name))}:${edited(value, edits.get(name))}`
  })
  return `{${members.join(',')}}`
}

function edited(text: string, edit: JsonEdits | string | undefined): string {
  if (edit === undefined) return text
  return typeof edit === 'string' ? edit : editJson(text, edit)
}
