import {
  backslash,
  begins,
  close,
  colon,
  endOfString,
  hasControls,
  number,
  open,
  other,
  space,
  string,
} from './json-characters.ts'

/** What one walk over the characters of a JSON text tells; of any other text, nothing. */
export interface Scan {
  /** No space outside strings, no escape that is not needed, no control character that should have one. */
  compacted: boolean
  /** A JavaScript value can stand for the text: no number would change its digits and no key its place. */
  exact: boolean
  keys: number
  depth: number
}

/** Linear, of any text, and at an end as soon as the text is too deep. */
export function scan(text: string, maxDepth: number): Scan | 'too deep' {
  const plain = !text.includes('\\')
  const found = { compacted: !hasControls(text) && text.isWellFormed(), exact: true, keys: 0, depth: 0 }
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    switch (begins[text.charCodeAt(at)] ?? other) {
      case string: {
        const start = at + 1
        // Without escapes the next quote is the end, and indexOf finds it in half the time of a loop.
        at = plain ? text.indexOf('"', start) : endOfString(text, start, found)
        if (at === -1) return found
        if (text.charCodeAt(at + 1) !== colon) break
        found.keys++
        if (movesToFront(text.charCodeAt(start))) found.exact = false
        break
      }
      case space:
        found.compacted = false
        break
      case open:
        if (++depth <= found.depth) break
        if (depth > maxDepth) return 'too deep'
        found.depth = depth
        break
      case close:
        depth--
        break
      case number: {
        const end = endOfDigits(text, at + 1)
        if (end - at <= 15 && isWhole(text, at, end)) at = end - 1
        else {
          const token = numberAt(text, at)
          if (String(Number(token)) !== token) found.exact = false
          at += token.length - 1
        }
        break
      }
    }
  }
  return found
}

/** Keys that look like an array's index lead in a JavaScript object; a key that begins with an escape may be one. */
function movesToFront(first: number): boolean {
  return isDigit(first) || first === backslash
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

function endOfDigits(text: string, start: number): number {
  let at = start
  while (isDigit(text.charCodeAt(at))) at++
  return at
}

/** Whether a number that has digits up to `end` has no sign, no fraction and no exponent. */
function isWhole(text: string, start: number, end: number): boolean {
  const next = text.charCodeAt(end)
  return next !== 0x2e && next !== 0x45 && next !== 0x65 && text.charCodeAt(start) !== 0x2d
}

const numberToken = /[0-9.eE+-]+/y

function numberAt(text: string, start: number): string {
  numberToken.lastIndex = start
  return numberToken.exec(text)?.[0] ?? ''
}
