/** Milliseconds in each unit of time. Source: HOCON's duration format. */
const durationUnits: Readonly<Record<string, number>> = {
  ns: 1e-6,
  nano: 1e-6,
  nanos: 1e-6,
  nanosecond: 1e-6,
  nanoseconds: 1e-6,
  us: 1e-3,
  micro: 1e-3,
  micros: 1e-3,
  microsecond: 1e-3,
  microseconds: 1e-3,
  ms: 1,
  milli: 1,
  millis: 1,
  millisecond: 1,
  milliseconds: 1,
  s: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
  weeks: 604_800_000,
}

/** Bytes in each unit of size, in lower case but for `K`. Source: HOCON's size format. */
const sizeUnits: Readonly<Record<string, number>> = {
  b: 1,
  byte: 1,
  bytes: 1,
  kb: 1000,
  kilobyte: 1000,
  kilobytes: 1000,
  mb: 1000 ** 2,
  megabyte: 1000 ** 2,
  megabytes: 1000 ** 2,
  gb: 1000 ** 3,
  gigabyte: 1000 ** 3,
  gigabytes: 1000 ** 3,
  k: 1024,
  ki: 1024,
  kib: 1024,
  m: 1024 ** 2,
  mi: 1024 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gi: 1024 ** 3,
  gib: 1024 ** 3,
}

/** `10 seconds`, `500ms`, `1.5 h`, `250` → milliseconds; undefined when it is no duration. */
export function parseDuration(text: string): number | undefined {
  return measure(text, unit => durationUnits[unit])
}

/** `5 MiB`, `512K`, `1000000` → bytes; undefined when it is no size. */
export function parseSize(text: string): number | undefined {
  return measure(text, unit => sizeUnits[unit.toLowerCase()])
}

function measure(text: string, factorOf: (unit: string) => number | undefined): number | undefined {
  const match = /^\s*(\d{1,18}(?:\.\d{1,9})?)\s*([a-zA-Z]{0,12})\s*$/.exec(text)
  if (match === null) return undefined
  const [, amount = '', unit = ''] = match
  const factor = unit === '' ? 1 : factorOf(unit)
  return factor === undefined ? undefined : Math.round(Number(amount) * factor)
}

/** Milliseconds the way a person says them: `850 ms`, `12 s`, `2 h 14 m`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))} s`
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return pair(minutes, 'm', Math.floor((ms % 60_000) / 1000), 's')
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return pair(hours, 'h', minutes % 60, 'm')
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`
}
