import { formatTimestamp, isoOf } from '../enrich/timestamps.ts'
import { inLong } from './json-tree.ts'

/* The dates of the vendors, as JSON Schema's `date-time` with milliseconds. Nothing here throws. */

export function isoDate(ms: number | bigint): string {
  return isoOf(formatTimestamp(ms))
}

/** Java's `Long.parseLong`, ASCII digits only. */
export function parseLong(text: string): bigint | null {
  return /^[+-]?\d{1,30}$/.test(text) ? inLong(BigInt(text.replace('+', ''))) : null
}

const spaced = /^(\d{4})-(\d{1,2})-(\d{1,2}) (\d{1,2}):(\d{1,2}):(\d{1,2})$/

/** `yyyy-MM-dd HH:mm:ss` in UTC, which is what most vendors write; any other text stays as it is. */
export function reformatDate(text: string): string {
  const match = spaced.exec(text)
  const ms = match === null ? null : millisecondsOf(match.slice(1).map(Number))
  return ms === null ? text : isoDate(ms)
}

/** Null for a date that the calendar does not have. */
function millisecondsOf([year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0]: readonly number[]):
  number | null {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  if (!exists || hour > 23 || minute > 59 || second > 59) return null
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000
}

const iso =
  /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?(?:Z|([+-])(\d\d):?(\d\d))?)?$/

/** An ISO 8601 date with or without a time of day; without an offset it is UTC. Null for any other text. */
export function parseIsoDate(text: string): number | null {
  const match = iso.exec(text)
  if (match === null) return null
  const ms = millisecondsOf(match.slice(1, 7).map(digits => Number(digits ?? 0)))
  if (ms === null) return null
  const [fraction = '', sign = '+', hours = '0', minutes = '0'] = match.slice(7)
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000
  return ms + Number(fraction.slice(0, 3).padEnd(3, '0')) - (sign === '-' ? -offsetMs : offsetMs)
}
