/** The chunks of a response's body; undefined, and no more is read of it, once they have more than `maxBytes`. */
export async function chunksWithin(
  { body }: Pick<Response, 'body'>,
  maxBytes: number,
): Promise<Uint8Array[] | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop cancels the rest.
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) return undefined
    chunks.push(chunk)
  }
  return chunks
}
