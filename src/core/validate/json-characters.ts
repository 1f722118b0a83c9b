/*
 * The characters of JSON, as the scan and the rewriting of a text see them.
 */

export const quote = 0x22
export const backslash = 0x5c
export const colon = 0x3a

export const other = 0
export const string = 1
export const space = 2
export const open = 3
export const close = 4
export const number = 5

/** What a character outside strings begins. */
export const begins = new Uint8Array(128)
for (const [characters, kind] of [
  ['"', string],
  [' \t\n\r', space],
  ['{[', open],
  ['}]', close],
  ['-0123456789', number],
] as const)
  for (const character of characters) begins[character.charCodeAt(0)] = kind

/** DEL and Unicode's second block of control characters. JSON allows them as they are, the JVM's printers do not. */
const controls = /[\x7f-\x9f]/

export function hasControls(text: string): boolean {
  // Native searches: a regular expression over every character would take as long as the whole scan (bench/core.ts).
  if (Buffer.byteLength(text) === text.length) return text.includes('\x7f')
  return controls.test(text)
}

const everyControl = /[\x7f-\x9f]/g

export function escapeControls(text: string): string {
  if (!hasControls(text)) return text
  return text.replace(everyControl, control => '\\u00' + control.charCodeAt(0).toString(16))
}

/** Position of the closing quote or -1; notes in `found` escapes that a printer would not make. */
export function endOfString(text: string, start: number, found: { compacted: boolean }): number {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) return at
    if (code !== backslash) continue
    const escaped = text.charCodeAt(++at)
    // A slash needs no escape; what stands behind \u mostly needs none either.
    if (escaped === 0x2f || escaped === 0x75) found.compacted = false
  }
  return -1
}
