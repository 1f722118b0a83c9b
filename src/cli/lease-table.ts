import { formatDuration } from '../config/index.ts'
import type { LeaseRow } from '../leases/index.ts'
import { nameOf } from '../observe/index.ts'
import { showPosition } from '../streams/index.ts'
import { table } from './table.ts'

/** A row of the lease table, and what two looks at it told. */
export interface LeaseView {
  readonly row: LeaseRow
  /** How long its owner and counter have not changed; undefined at the first look. */
  readonly silentMs?: number
  /** Behind the tip of its shard; undefined when nobody could say. */
  readonly lagMs?: number
}

/** Silent: nobody has renewed it for a whole lease, so that anyone may take it. */
export function stateOf(
  { row, silentMs = 0 }: LeaseView,
  leaseMs: number,
): 'working' | 'silent' | 'free' | 'done' | 'unreadable' {
  if (row.unreadable !== undefined) return 'unreadable'
  if (row.checkpoint.at === 'shardEnd') return 'done'
  if (row.owner === undefined) return 'free'
  return silentMs >= leaseMs ? 'silent' : 'working'
}

/** Who works on which shard, and how far behind. */
export function renderLeases(views: readonly LeaseView[], leaseMs: number): string {
  if (views.length === 0) return 'no leases: no worker has run on this stream yet'
  const name = shortNames(views.flatMap(({ row }) => [row.owner, row.askedBy]).filter(id => id !== undefined))
  const rows = views.map(view => {
    const { row, lagMs } = view
    const state = stateOf(view, leaseMs)
    return [
      row.shardId,
      row.owner === undefined ? '–' : name(row.owner),
      state +
        (row.askedBy === undefined ? '' : `, asked for by ${name(row.askedBy)}`) +
        (row.foreign === true ? ', by another program' : ''),
      lagMs === undefined || state === 'done' ? '–' : formatDuration(lagMs),
      String(row.counter),
      String(row.epoch),
      row.unreadable === undefined ? showPosition(row.checkpoint) : '–',
    ]
  })
  const head = ['SHARD', 'OWNER', 'STATE', 'LAG', 'COUNTER', 'EPOCH', 'CHECKPOINT']
  return table([head, ...rows], [3, 4, 5]).join('\n')
}

/** The names of workers; of those who share one, such as that of their host, with the start of the random part too. */
function shortNames(workers: readonly string[]): (worker: string) => string {
  const distinct = [...new Set(workers)].map(nameOf)
  return worker => {
    const name = nameOf(worker)
    const shared = distinct.filter(other => other === name).length > 1
    return shared ? worker.slice(0, name.length + 5) : name
  }
}
