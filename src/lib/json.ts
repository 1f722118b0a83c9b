/* What JSON.parse gives, looked at without trust. */

export type Members = Readonly<Record<string, unknown>>

/** Neither a list nor null. */
export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const noMembers: Members = Object.freeze({})

/** The members of an object; none of whatever else stands in its place. */
export function membersOf(value: unknown): Members {
  return isObject(value) ? value : noMembers
}

/** Undefined for a text that is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
