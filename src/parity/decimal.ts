/** Whether two texts write one number: `1.50`, `1.5`, `15E-1`. Exact, whatever the number of digits. */
export function sameDecimal(a: string, b: string): boolean {
  return a === b || (normal(a) ?? a) === (normal(b) ?? b)
}

const decimal = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/

/** Sign, digits without zeros at their ends, and the power of ten of the last; undefined: it is no number. */
function normal(text: string): string | undefined {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = decimal.exec(text.trim()) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  if (whole + fraction === '') return undefined
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  const power = Number(exponent) - fraction.length + (digits.length - significant.length)
  return `${sign === '-' ? '-' : ''}${significant}e${power}`
}
