/*
 * `yyyy-MM-dd HH:mm:ss.SSS` in UTC, forth and back. Four timestamps per event, mostly of the same minute:
 * hence the minute that is kept (bench/core.ts).
 */

const dayMs = 86_400_000
const minuteMs = 60_000
const minutesPerDay = 1440
const pad2 = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'))
const pad3 = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0'))

let lastMinute = Number.NaN
let lastMinuteText = ''

/** Never throws; any whole number of milliseconds has a text, also where `Date` gives up. */
export function formatTimestamp(ms: number | bigint): string {
  const minute = typeof ms === 'bigint' ? floorMinutes(ms) : Math.floor(ms / minuteMs)
  const rest =
    typeof ms === 'bigint' ? Number(ms - BigInt(minute) * BigInt(minuteMs)) : ms - minute * minuteMs
  if (minute !== lastMinute) {
    lastMinute = minute
    lastMinuteText = minuteText(minute)
  }
  return lastMinuteText + `${pad2[Math.floor(rest / 1000)] ?? ''}.${pad3[rest % 1000] ?? ''}`
}

/** The same as ISO 8601: `yyyy-MM-ddTHH:mm:ss.SSSZ`. */
export function isoOf(timestamp: string): string {
  return `${timestamp.replace(' ', 'T')}Z`
}

/** Whether the year fits the four digits that a warehouse takes. */
export function inFourDigitYears(ms: number): boolean {
  // 0000-01-01 and 10000-01-01
  return ms >= -62_167_219_200_000 && ms < 253_402_300_800_000
}

/** The milliseconds of a text that `formatTimestamp` gave; NaN for any other text. */
export function parseTimestamp(text: string): number {
  if (text.length !== 23) return Number.NaN
  const day = daysFromCivil(digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10))
  const minutes = digits(text, 11, 13) * 60 + digits(text, 14, 16)
  return day * dayMs + minutes * 60_000 + digits(text, 17, 19) * 1000 + digits(text, 20, 23)
}

function floorMinutes(ms: bigint): number {
  const minutes = ms / BigInt(minuteMs)
  return Number(ms % BigInt(minuteMs) < 0n ? minutes - 1n : minutes)
}

/** `yyyy-MM-dd HH:mm:` */
function minuteText(minute: number): string {
  const day = Math.floor(minute / minutesPerDay)
  const { year, month, dayOfMonth } = civilFromDays(day)
  const minuteOfDay = minute - day * minutesPerDay
  const time = `${pad2[Math.floor(minuteOfDay / 60)] ?? ''}:${pad2[minuteOfDay % 60] ?? ''}:`
  return `${yearText(year)}-${pad2[month] ?? ''}-${pad2[dayOfMonth] ?? ''} ${time}`
}

function yearText(year: number): string {
  const digits = String(Math.abs(year)).padStart(4, '0')
  return year < 0 ? `-${digits}` : digits
}

/** Proleptic Gregorian calendar; eras of 400 years that begin in March, so that the leap day comes last. */
function civilFromDays(day: number): { year: number; month: number; dayOfMonth: number } {
  const shifted = day + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    dayOfMonth: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  }
}

function daysFromCivil(year: number, month: number, dayOfMonth: number): number {
  const marchYear = month <= 2 ? year - 1 : year
  const era = Math.floor(marchYear / 400)
  const yearOfEra = marchYear - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + dayOfMonth - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

function digits(text: string, start: number, end: number): number {
  let value = 0
  for (let at = start; at < end; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}
