/*
 * Texts of a fixed width, in which each place has its characters: above all UUIDs, of which an event has about ten.
 * A regular expression branches at each character, and on random digits and letters the processor guesses wrong every
 * other time. Looking the characters up in a table takes a third of the time: a twentieth of core (bench/core.ts).
 */

/** What may stand where. A class of characters is one bit. */
interface FixedWidth {
  /** The classes that each ASCII character belongs to. */
  readonly classes: Uint8Array
  /** The class that each place wants. */
  readonly wanted: Uint8Array
}

const asciiCharacters = 128
// Bits of a byte. Patterns of this kind use two or three.
const maxClasses = 8
// A UUID has 36. Longer texts are better left to a regular expression than to a table.
const maxWidth = 128

/**
 * The same as `new RegExp(pattern).test`, for patterns such as `^[0-9a-f]{8}-([0-9a-f]{4}-){3}$|^[0-9a-f]{16}$`: bound at
 * both ends, with ASCII characters, classes of them, groups and fixed counts. Null for any other pattern.
 */
export function fixedWidthTest(pattern: string): ((text: string) => boolean) | null {
  const widths: FixedWidth[] = []
  for (const alternative of pattern.split('|')) {
    const width = readAlternative(alternative)
    if (width === null) return null
    widths.push(width)
  }
  const [first, ...others] = widths
  if (first === undefined) return null
  if (others.length === 0) return text => fits(text, first)
  return text => fits(text, first) || others.some(other => fits(text, other))
}

function fits(text: string, { classes, wanted }: FixedWidth): boolean {
  if (text.length !== wanted.length) return false
  for (let at = 0; at < wanted.length; at++) {
    const code = text.charCodeAt(at)
    if (code >= asciiCharacters || ((classes[code] ?? 0) & (wanted[at] ?? 0)) === 0) return false
  }
  return true
}

function readAlternative(pattern: string): FixedWidth | null {
  if (!pattern.startsWith('^') || !pattern.endsWith('$')) return null
  const places = readPlaces(pattern.slice(1, -1))
  if (places === null || places.length > maxWidth) return null
  const kinds = [...new Set(places)]
  if (kinds.length > maxClasses) return null
  const classes = new Uint8Array(asciiCharacters)
  for (const [bit, kind] of kinds.entries()) {
    for (const character of kind) {
      const code = character.charCodeAt(0)
      classes[code] = (classes[code] ?? 0) | (1 << bit)
    }
  }
  return { classes, wanted: Uint8Array.from(places, kind => 1 << kinds.indexOf(kind)) }
}

/** A character that stands for itself, a class of such, or a group without another one in it; each with a count. */
const token = /(?:([\w:/@ -])|\[((?:\w-\w|[\w:/@ ])+-?)\]|\((?:\?:)?([^()]*)\))(?:\{(\d{1,3})\})?/y

/** The characters of each place, as one text in their order. */
function readPlaces(sequence: string): string[] | null {
  const places: string[] = []
  let at = 0
  while (at < sequence.length) {
    token.lastIndex = at
    const [whole, literal, members, group, count = '1'] = token.exec(sequence) ?? []
    if (whole === undefined) return null
    const inner = group === undefined ? [literal ?? charactersOf(members ?? '')] : readPlaces(group)
    if (inner === null) return null
    for (let n = 0; n < Number(count); n++) places.push(...inner)
    if (places.length > maxWidth) return null
    at += whole.length
  }
  return places
}

const member = /(\w)-(\w)|./g

function charactersOf(members: string): string {
  const characters = new Set<string>()
  for (const [single, first, last] of members.matchAll(member)) {
    if (first === undefined || last === undefined) characters.add(single)
    else
      for (let code = first.charCodeAt(0); code <= last.charCodeAt(0); code++)
        characters.add(String.fromCharCode(code))
  }
  return [...characters].toSorted().join('')
}
