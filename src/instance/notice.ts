import { membersOf, parseJson } from '../lib/index.ts'
import type { InstanceMetadata } from './metadata.ts'

/** Why this machine goes away, or may. */
export type NoticeKind = 'spot-interruption' | 'termination' | 'rebalance'

export interface Notice {
  readonly kind: NoticeKind
  /** When, as it was told. */
  readonly at?: string
}

const paths: Readonly<Record<NoticeKind, string>> = {
  // Source: EC2 user guide. Two minutes before; 404 until then.
  'spot-interruption': 'meta-data/spot/instance-action',
  // Source: EC2 Auto Scaling user guide. Absent outside of a group.
  termination: 'meta-data/autoscaling/target-lifecycle-state',
  // Source: EC2 user guide. Before an interruption, or at the same time.
  rebalance: 'meta-data/events/recommendations/rebalance',
}

const readers: Readonly<Record<NoticeKind, (text: string) => Notice | undefined>> = {
  'spot-interruption': readSpot,
  termination: readTarget,
  rebalance: readRebalance,
}

/**
 * Every notice that stands now, the most pressing first. What cannot be asked for hides none that can; rejects when
 * nothing is found and the machine does not tell all.
 */
export async function readNotices(metadata: InstanceMetadata): Promise<Notice[]> {
  const kinds = ['spot-interruption', 'termination', 'rebalance'] as const
  const notices: Notice[] = []
  const failures: unknown[] = []
  // One after the other, by one token.
  for (const kind of kinds) {
    try {
      const text = await metadata.get(paths[kind])
      const notice = text === undefined ? undefined : readers[kind](text)
      if (notice !== undefined) notices.push(notice)
    } catch (error) {
      failures.push(error)
    }
  }
  if (notices.length === 0 && failures.length > 0) throw failures[0]
  return notices
}

/** `{"action": "terminate", "time": "2026-01-31T12:02:00Z"}`. Stopping and hibernating end the work just as well. */
function readSpot(text: string): Notice | undefined {
  const { action, time } = membersOf(parseJson(text))
  if (action !== 'terminate' && action !== 'stop' && action !== 'hibernate') return undefined
  return noticeOf('spot-interruption', time)
}

/** `{"noticeTime": "2026-01-31T12:00:00Z"}` */
function readRebalance(text: string): Notice | undefined {
  const { noticeTime } = membersOf(parseJson(text))
  return typeof noticeTime === 'string' ? noticeOf('rebalance', noticeTime) : undefined
}

/** The steady state that the group brings the machine to. A machine in standby or detached runs on. */
function readTarget(text: string): Notice | undefined {
  const state = text.trim()
  return state === 'Terminated' || state === 'Warmed:Terminated' ? noticeOf('termination') : undefined
}

function noticeOf(kind: NoticeKind, time?: unknown): Notice {
  const told = typeof time === 'string' && !Number.isNaN(Date.parse(time))
  return told ? { kind, at: new Date(time).toISOString() } : { kind }
}
