import { address, anyText, encodeLoosely, mutateText } from './hostile.ts'
import type { Random } from './random.ts'

/* JSON and forms of strangers. */

export function scalar(random: Random): unknown {
  return random.pick([
    () => anyText(random),
    () => random.below(1000),
    () => random.pick([-0, 1e308, 1e-320, 2 ** 53 + 2, -(2 ** 63), 0.1]),
    () => random.chance(0.5),
    () => null,
    () => address(random),
  ])()
}

const names = [
  'a',
  'b',
  'id',
  'userId',
  'data',
  'schema',
  '__proto__',
  'constructor',
  '',
  'length',
  '0',
  'toJSON',
  '\ud800',
]

/** Small, with names that mean something somewhere. */
export function json(random: Random, depth = 4): unknown {
  const kind = random.next()
  if (depth === 0 || kind < 0.4) return scalar(random)
  if (kind < 0.6) return random.list(5, () => json(random, depth - 1))
  const members = random.list(5, () => [random.pick(names), json(random, depth - 1)] as const)
  return Object.fromEntries(members)
}

/** As text, with what no `JSON.stringify` would write. */
export function jsonText(random: Random, value: unknown): string {
  const text = JSON.stringify(value)
  if (random.chance(0.9)) return text
  return random.pick([
    () => mutateText(random, text),
    () => text.replace(/\{/, '{"a":1,"a":2,"__proto__":{"b":1},'),
    () => text.replace(/:\d+/, ':1e999'),
    () => text.replace(/:\d+/, `:${'1234567890'.repeat(40)}`),
    () => text.replace(/"[a-z]+"/, '"\\ud800\\u0000"'),
    () => '['.repeat(50_000) + ']'.repeat(random.below(2) * 50_000),
    () => `${'{"a":'.repeat(39)}${text}${'}'.repeat(39)}`,
    () => ` \n\t${text} \u0000`,
  ])()
}

/** Other values in a text that is a JSON or a form; its structure stays. */
export function changeValues(random: Random, text: string): string {
  if (/^\s*[[{]/.test(text)) {
    const root = parsed(text)
    return root === undefined ? mutateText(random, text) : jsonText(random, changeJson(random, root))
  }
  return text
    .split(/(?<=[&\n])/)
    .map(pair => {
      if (random.chance(0.7)) return pair
      const [, name = '', value = '', end = ''] = /^([^=]*=?)(.*?)([&\n]?)$/s.exec(pair) ?? []
      const decoded = decodedOf(value)
      const other = /^[[{]/.test(decoded) ? changeValues(random, decoded) : String(scalar(random))
      return `${name}${encodeLoosely(other)}${end}`
    })
    .join('')
}

function decodedOf(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A copy with one to three of its members set, replaced or left out. */
export function changeJson(random: Random, value: unknown): unknown {
  const copy: unknown = structuredClone(value)
  for (let left = 1 + random.below(3); left > 0; left--) {
    const places = objectsIn(copy)
    if (places.length === 0) return json(random)
    const place = random.pick(places)
    const keys = Object.keys(place)
    const known = keys.length > 0 ? random.pick(keys) : '0'
    const kind = random.next()
    if (kind < 0.15) Reflect.deleteProperty(place, known)
    else define(place, kind < 0.85 || Array.isArray(place) ? known : random.pick(names), json(random, 2))
  }
  return copy
}

function objectsIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return []
  return [value, ...Object.values(value).flatMap(objectsIn)]
}

/** Also `__proto__`, which an assignment would swallow. */
export function define(place: object, key: string, value: unknown): void {
  Object.defineProperty(place, key, { value, enumerable: true, configurable: true, writable: true })
}
