// Java's \p{Cntrl}: ASCII only.
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u001f\u007f]/g

/** A text that can stand in a line of the enriched stream: tabs become four spaces, other control characters go. */
export function oneLine(text: string): string {
  return hasControl(text) ? text.replaceAll('\t', '    ').replace(controls, '') : text
}

/** Most values are short, and a loop is through them before a regular expression has begun (bench/core.ts). */
function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x20 || code === 0x7f) return true
  }
  return false
}
