/*
 * Which characters may stand where in a URI, as java.net.URI has it: RFC 2396 with the brackets of RFC 2732, plus
 * any visible character beyond ASCII wherever an escape is allowed.
 */

export const alpha = 1
export const digit = 2
export const scheme = 4
export const userInfo = 8
export const registryName = 32
export const path = 64
/** Query, fragment and opaque part. */
export const uric = 128
/** First character of an opaque part. */
export const opaqueStart = 256
export const hex = 1024
export const dash = 2048

const lower = 'abcdefghijklmnopqrstuvwxyz'
const letters = lower + lower.toUpperCase()
const numbers = '0123456789'
const alphanumerics = letters + numbers
const unreserved = `${alphanumerics}-_.!~*'()`

/** The classes that each ASCII character belongs to. */
const classes = new Uint16Array(128)
for (const [flag, members] of [
  [alpha, letters],
  [digit, numbers],
  [hex, `${numbers}abcdefABCDEF`],
  [dash, '-'],
  [scheme, `${alphanumerics}+-.`],
  [userInfo, `${unreserved};:&=+$,`],
  [registryName, `${unreserved}$,;:@&=+`],
  [path, `${unreserved}:@&=+$,;/`],
  [uric, `${unreserved};/?:@&=+$,[]`],
  [opaqueStart, `${unreserved};?:@&=+$,`],
] as const)
  for (const member of members) classes[member.charCodeAt(0)] = (classes[member.charCodeAt(0)] ?? 0) | flag

export const alphanumeric: number = alpha | digit

const escaping: number = userInfo | registryName | path | uric | opaqueStart
const percent = 37

export function isOf(text: string, at: number, mask: number): boolean {
  const unit = text.charCodeAt(at)
  return unit < 128 && ((classes[unit] ?? 0) & mask) !== 0
}

/** The first place in `[start, end)` that holds something else; an incomplete escape is something else. */
export function scanOver(text: string, start: number, end: number, mask: number): number {
  let at = start
  while (at < end) {
    const unit = text.charCodeAt(at)
    if (unit < 128 && ((classes[unit] ?? 0) & mask) !== 0) at++
    else if ((mask & escaping) === 0) return at
    else if (unit === percent && isEscape(text, at, end)) at += 3
    else if (unit > 128 && isVisible(unit)) at++
    else return at
  }
  return at
}

function isEscape(text: string, at: number, end: number): boolean {
  return at + 3 <= end && isOf(text, at + 1, hex) && isOf(text, at + 2, hex)
}

/** Neither a space nor a control character to Java. */
function isVisible(unit: number): boolean {
  if (unit <= 0xa0) return false
  if (unit < 0x1680) return true
  if (unit >= 0x2000 && unit <= 0x206f)
    return unit > 0x200a && !(unit === 0x2028 || unit === 0x2029 || unit === 0x202f || unit === 0x205f)
  return unit !== 0x1680 && unit !== 0x3000
}
