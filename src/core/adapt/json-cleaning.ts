import { isoDate, parseLong } from './dates.ts'
import {
  fromText,
  isList,
  isObject,
  longOf,
  mapMembers,
  textOf,
  type JsonMembers,
  type JsonTree,
} from './json-tree.ts'

/* What several vendors' JSON needs before it fits its schema. */

export interface Cleaning {
  /** A member of this name and value says the event's type, which its schema says already: it is left out. */
  readonly type: { readonly name: string; readonly value: string } | null
  /** Names of members that are seconds since the epoch, as numbers or texts. */
  readonly seconds: readonly string[]
}

/** At every level. What is no whole number of seconds stays as it is: its schema will say so. */
export function clean(tree: JsonTree, cleaning: Cleaning): JsonTree {
  if (isList(tree)) return tree.map(element => clean(element, cleaning))
  if (!isObject(tree)) return tree
  return mapMembers(tree, (value, name) => {
    const cleaned = cleaning.seconds.includes(name) ? secondsAsDate(value) : clean(value, cleaning)
    const { type } = cleaning
    return type !== null && name === type.name && textOf(cleaned) === type.value ? undefined : cleaned
  })
}

function secondsAsDate(value: JsonTree): JsonTree {
  const text = textOf(value)
  const seconds = text === null ? longOf(value) : parseLong(text)
  return seconds === null ? value : fromText(isoDate(seconds * 1000n))
}

/** `X-Mailgun-Sid` and `x_mailgun_sid` become `xMailgunSid`. */
function camelCase(name: string): string {
  const [first = ''] = name
  const lower = first.toLowerCase()
  const start = lower.length === first.length ? lower : first
  return (start + name.slice(first.length)).replaceAll(/[-_](\w)/g, (_, letter: string) =>
    letter.toUpperCase(),
  )
}

/** Every key, at every level. Of two that become one the last value stays. */
export function camelize(tree: JsonTree): JsonTree {
  if (isList(tree)) return tree.map(camelize)
  if (!isObject(tree)) return tree
  const renamed = new Map<string, JsonTree>()
  for (const [name, value] of tree) renamed.set(camelCase(name), camelize(value))
  return renamed
}

/** Changes the members of an object and of the objects in it, but of none in a list. */
export function changeMembers(
  tree: JsonTree,
  change: (value: JsonTree, name: string) => JsonTree | undefined,
): JsonTree {
  if (!isObject(tree)) return tree
  return mapMembers(tree, (value, name) => change(value, name) ?? changeMembers(value, change))
}

export function without(members: JsonMembers, ...names: readonly string[]): JsonMembers {
  return mapMembers(members, (value, name) => (names.includes(name) ? undefined : value))
}

/** The members of both; of two values that are no objects the later one. */
export function mergeMembers(before: JsonMembers, after: JsonMembers): JsonMembers {
  const merged = new Map(before)
  for (const [name, value] of after) {
    const known = merged.get(name)
    merged.set(name, isObject(known) && isObject(value) ? mergeMembers(known, value) : value)
  }
  return merged
}
