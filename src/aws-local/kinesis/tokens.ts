/** An opaque text that carries values from one answer to the next request. */
export function seal(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64')
}

/** The values, or undefined for a text that was never sealed. */
export function unseal(token: string): readonly unknown[] | undefined {
  try {
    const values: unknown = JSON.parse(Buffer.from(token, 'base64').toString())
    return Array.isArray(values) ? values : undefined
  } catch {
    return undefined
  }
}
