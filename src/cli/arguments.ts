import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../config/index.ts'

/* What options say. Each throws an InvalidArgumentError that tells what was expected. */

/** Milliseconds. */
export function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('expected a duration such as 30s')
  return ms
}

/** Milliseconds since the epoch. */
export function instant(text: string): number {
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw new InvalidArgumentError('expected a time such as 2026-01-31T12:00:00Z')
  return time
}
