import { hash } from 'node:crypto'

/** The key of a question in a cache. Long ones are hashed: a cache of many must not be large. */
export function questionKey(text: string): string {
  return text.length <= 128 ? text : hash('sha256', text)
}
