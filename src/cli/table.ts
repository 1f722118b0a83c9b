/** Columns as wide as their widest cell, two spaces apart; `right` names columns of numbers by their place. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = []
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  return rows.map(row =>
    row
      .map((cell, i) => (right.includes(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

const format = new Intl.NumberFormat('en-US')

/** `12,345` */
export function showCount(count: number): string {
  return format.format(Math.round(count))
}

/** Per second: one decimal while that tells something. */
export function showRate(perSecond: number): string {
  return perSecond > 0 && perSecond < 10 ? `${perSecond.toFixed(1)}/s` : `${showCount(perSecond)}/s`
}

/** Whatever a stranger sent, on a terminal: no escape sequences, no line breaks, at most `most` characters. */
export function printable(text: string, most = 100): string {
  const clean = text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '�')
  return clean.length > most ? `${clean.slice(0, most - 1)}…` : clean
}
