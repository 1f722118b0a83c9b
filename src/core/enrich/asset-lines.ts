// The largest lists in use have some ten thousand lines.
const maxBytes = 64 * 1024 * 1024

/** The lines of a text file without their ends, trimmed, those that are empty left out. Throws a RangeError when it is too large. */
export function assetLines(bytes: Uint8Array, encoding: 'utf8' | 'latin1'): string[] {
  return assetText(bytes, encoding)
    .split(/\r\n|\n|\r/)
    .map(line => line.trim())
    .filter(line => line !== '')
}

/** The bytes may be shared by threads, which a TextDecoder does not take. */
export function assetText(bytes: Uint8Array, encoding: 'utf8' | 'latin1'): string {
  if (bytes.byteLength > maxBytes) throw new RangeError(`it is larger than ${maxBytes} bytes`)
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding)
  return text.startsWith('\uFEFF') ? text.slice(1) : text
}
