const known = new Set(Intl.supportedValuesOf('currency'))

/** Whether ISO 4217 has or had it, as far as this program's own list knows. */
export function isCurrency(code: string): boolean {
  return known.has(code)
}

/** Decimal places of its amounts. */
export function placesOf(code: string): number {
  return (
    new Intl.NumberFormat('en', { style: 'currency', currency: code }).resolvedOptions()
      .maximumFractionDigits ?? 2
  )
}
