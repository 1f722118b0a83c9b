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

/** Whether anything in a JSON value lies deeper than `levels`. The stack stays that shallow too. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  if (Array.isArray(value)) {
    for (const item of value) if (isDeeperThan(item, levels - 1)) return true
    return false
  }
  for (const field in value) {
    const item: unknown = (value as Members)[field]
    if (typeof item === 'object' && isDeeperThan(item, levels - 1)) return true
  }
  return false
}
