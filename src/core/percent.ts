const escapes = /(?:%[\da-fA-F]{2})+/g

/** Escapes as the UTF-8 that they stand for, with replacement characters where they stand for none; all else stays. */
export function decodePercents(text: string): string {
  return text.replace(escapes, found => Buffer.from(found.replaceAll('%', ''), 'hex').toString('utf8'))
}

/** Also of those characters that encodeURIComponent leaves: `!'()*~`. */
export function encodePercent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
