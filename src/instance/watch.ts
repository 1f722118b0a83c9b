import { messageOf, type Clock } from '../lib/index.ts'
import type { Observe } from '../observe/index.ts'
import type { InstanceMetadata } from './metadata.ts'
import { readNotices, type Notice } from './notice.ts'

export interface WatchOptions {
  readonly metadata: InstanceMetadata
  /** Between two looks. */
  readonly pollMs: number
  /** A recommendation to leave, long before anybody has to, and often for nothing. */
  readonly rebalance: 'ignore' | 'drain'
  readonly clock: Clock
  readonly observe: Observe
  readonly signal: AbortSignal
  /** Told of every look that was answered or failed, with the notice that drains. */
  readonly onLook?: (notice: Notice | undefined) => void
}

/** One failure is usual: the service limits how often it is asked, over all processes of the machine. */
const silentFailures = 2

/** Resolves with the first notice that ends the work here; with undefined when the signal aborts. Never rejects. */
export async function watchInstance(options: WatchOptions): Promise<Notice | undefined> {
  const { metadata, pollMs, clock, observe, signal, onLook = () => {} } = options
  const told = new Set<string>()
  let failures = 0
  while (!signal.aborted) {
    try {
      const notice = tell(await readNotices(metadata), options, told)
      failures = 0
      onLook(notice)
      if (notice !== undefined) return notice
    } catch (error) {
      failures++
      onLook(undefined)
      if (failures > silentFailures)
        observe({
          type: 'outside-failed',
          what: 'instance',
          error: messageOf(error),
          attempt: failures,
          retryInMs: pollMs,
        })
    }
    await clock.sleep(pollMs, signal)
  }
  return undefined
}

/** Tells each notice once; the first that drains. */
function tell(
  notices: readonly Notice[],
  { rebalance, observe }: WatchOptions,
  told: Set<string>,
): Notice | undefined {
  const drains = ({ kind }: Notice) => kind !== 'rebalance' || rebalance === 'drain'
  for (const notice of notices) {
    if (told.has(notice.kind)) continue
    told.add(notice.kind)
    const { kind, at } = notice
    observe({
      type: 'instance-notice',
      notice: kind,
      drains: drains(notice),
      ...(at !== undefined && { at }),
    })
  }
  return notices.find(drains)
}
