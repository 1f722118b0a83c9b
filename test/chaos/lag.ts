import { percentile } from './handover.ts'
import type { Logs } from './oracle.ts'

/** How long raw records waited for their outputs, ms, by the clocks of the streams. */
export interface Lag {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Of the records that came in from one moment on until another, ms since the epoch. */
export function measureLag({ raw, written }: Pick<Logs, 'raw' | 'written'>, from: number, to: number): Lag {
  const arrivedAt = new Map(
    raw.map(({ shardId, sequence, arrivedAt }) => [`${shardId}/${sequence}`, arrivedAt]),
  )
  const lags = written.flatMap(record => {
    const at = arrivedAt.get(`${record.from?.shardId}/${record.from?.sequence}`)
    return at === undefined || at < from || at > to ? [] : record.arrivedAt - at
  })
  const at = (share: number) => Math.round(percentile(lags, share) ?? 0)
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}
