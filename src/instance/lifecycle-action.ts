import { Backoff, messageOf, MillraceError, type Clock } from '../lib/index.ts'
import type { Observe } from '../observe/index.ts'

/** One call of EC2 Auto Scaling; the answer in XML. Throws a MillraceError. */
export type CallAutoScaling = (
  action: string,
  parameters: Readonly<Record<string, string>>,
) => Promise<string>

export interface LifecycleActionOptions {
  readonly call: CallAutoScaling
  readonly instanceId: string
  readonly hook: string
  /** Absent: it is asked for. */
  readonly group?: string
  readonly clock: Clock
  readonly observe: Observe
}

// Source: PutLifecycleHook, HeartbeatTimeout: 30 s at least.
const heartbeatMs = 15_000
const tries = 5
const backoff = { minMs: 500, maxMs: 5000 }

/** What the Auto Scaling group waits for before it takes the machine away. */
export class LifecycleAction {
  readonly #options: LifecycleActionOptions
  readonly #over = new AbortController()
  #group: string | undefined
  #beating: Promise<void> | undefined

  constructor(options: LifecycleActionOptions) {
    this.#options = options
    this.#group = options.group
  }

  /** Asks the group for more time, again and again, until the action is completed. */
  prolong(): void {
    this.#beating ??= this.#beat()
  }

  /** Lets the group go on. Never rejects: the machine goes away in any case, only later. */
  async complete(): Promise<void> {
    const { hook, observe, clock } = this.#options
    this.#over.abort()
    await this.#beating
    const pause = new Backoff(backoff, clock)
    for (let left = tries - 1; ; left--) {
      try {
        await this.#call('CompleteLifecycleAction', { LifecycleActionResult: 'CONTINUE' })
        return observe({ type: 'lifecycle-action', hook, result: 'completed' })
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error
        if (isOver(error)) return observe({ type: 'lifecycle-action', hook, result: 'none' })
        if (!error.retryable || left === 0)
          return observe({ type: 'lifecycle-action', hook, result: 'failed', error: error.message })
        await pause.wait()
      }
    }
  }

  async #beat(): Promise<void> {
    const { clock, observe } = this.#options
    const { signal } = this.#over
    for (let attempt = 1; ; attempt++) {
      await clock.sleep(heartbeatMs, signal)
      if (signal.aborted) return
      try {
        await this.#call('RecordLifecycleActionHeartbeat', {})
      } catch (error) {
        const failed = { what: 'instance', error: messageOf(error), attempt, retryInMs: heartbeatMs }
        if (!isOver(error)) observe({ type: 'outside-failed', ...failed })
      }
    }
  }

  async #call(action: string, parameters: Readonly<Record<string, string>>): Promise<void> {
    const { call, instanceId, hook } = this.#options
    this.#group ??= await this.#findGroup()
    const place = { AutoScalingGroupName: this.#group, LifecycleHookName: hook, InstanceId: instanceId }
    await call(action, { ...place, ...parameters })
  }

  async #findGroup(): Promise<string> {
    const { call, instanceId } = this.#options
    const xml = await call('DescribeAutoScalingInstances', { 'InstanceIds.member.1': instanceId })
    const group = /<AutoScalingGroupName>([^<&]{1,255})<\/AutoScalingGroupName>/.exec(xml)?.[1]
    if (group !== undefined) return group
    const message = `${instanceId} is in no Auto Scaling group that can be found; name it in lifecycle.group`
    throw new MillraceError('instance', message, { retryable: false })
  }
}

/** The group does not wait: it was told already, or goes another way, as it does when spot capacity is taken back. */
function isOver(error: unknown): boolean {
  return /No active Lifecycle Action found/i.test(messageOf(error))
}
