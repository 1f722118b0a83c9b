import type { BadRow } from '../bad-row.ts'

/** Whether a stream takes a record: its partition key counts too. */
export function fits(data: Uint8Array, partitionKey: string, maxRecordBytes: number): boolean {
  // Nearly always true already with the most bytes that the key may have.
  if (data.length + partitionKey.length * 3 <= maxRecordBytes) return true
  return data.length + Buffer.byteLength(partitionKey) <= maxRecordBytes
}

/** The row that stands for an event whose line is too large for the stream. */
export function goodTooLarge(line: string, actualSizeBytes: number, maximumAllowedSizeBytes: number): BadRow {
  const expectation = `event passed enrichment but then exceeded the maximum allowed size ${maximumAllowedSizeBytes} bytes`
  const payload = firstCharacters(line, Math.floor((maximumAllowedSizeBytes * 8) / 10))
  return { type: 'size_violation', maximumAllowedSizeBytes, actualSizeBytes, expectation, payload }
}

/** The row that stands for a bad row that is too large for the stream. Even with every character escaped it fits. */
export function badTooLarge(json: string, actualSizeBytes: number, maximumAllowedSizeBytes: number): BadRow {
  const expectation = `event failed enrichment, but resulting bad row exceeds allowed size ${maximumAllowedSizeBytes}`
  const payload = firstCharacters(json, Math.floor(maximumAllowedSizeBytes / 10))
  return { type: 'size_violation', maximumAllowedSizeBytes, actualSizeBytes, expectation, payload }
}

/** Never half a surrogate pair. */
export function firstCharacters(text: string, count: number): string {
  if (text.length <= count) return text
  const cut = text.slice(0, count)
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut
}
