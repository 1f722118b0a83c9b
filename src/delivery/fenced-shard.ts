import type { Holding, Progress } from '../leases/index.ts'
import { Backoff, MillraceError, momentOf, orAborted, type Clock, type ServerDate } from '../lib/index.ts'
import type { Observe } from '../observe/index.ts'
import type { OutputRecord } from '../streams/index.ts'
import type { ShardDelivery } from './delivery.ts'
import { fenceOpen } from './fence.ts'
import type { Look, ReadBack } from './read-back.ts'
import { Recovery } from './recovery.ts'
import { requestsOf } from './requests.ts'
import { Run } from './run.ts'
import type { PutReply, ReadBackSink, ShardWork } from './sink.ts'
import { resolveMs, type DeliveryTimers } from './timers.ts'

export interface FencedParts {
  readonly sink: ReadBackSink
  /** Absent where records do not say what made them: delivery is at least once then, and every doubt is told. */
  readonly readBack?: ReadBack
  readonly timers: DeliveryTimers
  readonly serverDate: ServerDate
  readonly clock: Clock
  readonly observe: Observe
  readonly random?: () => number
}

type Sent = 'sent' | 'over'

/** How often an open fence is looked for: it opens with a renewal. */
const fencePollMs = 50
/** Between two requests of which the stream refused a part. */
const refusedBackoff = { minMs: 50, maxMs: 5000 }
/** A stream that swallows request after request may answer another machine. */
const maxUnknown = 5
const noProvenance = 'records do not say what made them, so what is there already is written again'

/**
 * The outputs of one shard, from the take of its lease to the end, into streams that know no transactions.
 *
 *   taken ──clean──────────────► sending ◄────────────┐
 *     └──unclean──► looking ──────▲  │ some fate unknown │ what is there is left out, the rest is sent again
 *                                    └──► looking ──────┘
 *
 * Write, then checkpoint: a batch is acknowledged when every output is stored or was found, and the checkpoint is the
 * end of the unbroken run of acknowledged batches. One request is under way at a time. It is sent only while the fence
 * is open: nobody else can have taken the lease then. The row is dirty from before the first request until a release
 * that leaves nothing open; its date is that of the oldest request that the checkpoint does not cover.
 * Source: delivery protocol, sections 3.5 and 3.6.
 */
export class FencedShard implements ShardDelivery {
  readonly #holding: Holding
  readonly #parts: FencedParts
  readonly #run: Run
  /** Present until the suspect range of an unclean take is behind the checkpoint. */
  #recovery: Recovery | undefined
  readonly #recoveryOver = Promise.withResolvers<void>()
  /** Server date from before the first request of the batch under way; absent while none was sent. */
  #sendingSince: number | undefined

  constructor(holding: Holding, parts: FencedParts) {
    const { clock, timers } = parts
    this.#holding = holding
    this.#parts = parts
    this.#run = new Run(holding, timers.maxOpenRecords, ms => clock.sleep(ms, holding.lost))
    this.#recovery = this.#recover()
    holding.follow(write => this.#progress(write))
  }

  async commit(work: ShardWork): Promise<'committed' | 'lost' | 'drained'> {
    const { batch, outputs, position } = work
    if (outputs.length > 0) {
      if (!(await this.#run.room(batch.records.length))) return 'lost'
      if ((await this.#recovered()) === 'draining') return 'drained'
      if ((await this.#sendAll(outputs)) === 'over') return 'lost'
    }
    if (this.#holding.over) return 'lost'
    this.#sendingSince = undefined
    this.#run.acknowledge(position, batch.records.length)
    if (this.#recovery?.pass(batch) === true) this.#endRecovery(this.#recovery)
    return 'committed'
  }

  /** Checkpoint and dirtiness at one instant. */
  #progress(write: 'keep' | 'release'): Progress {
    const checkpoint = this.#run.position
    const since = this.#recovery?.since ?? this.#sendingSince
    if (since !== undefined) return { checkpoint, dirtySince: since }
    // Whoever goes on may send at any moment, and not before this date.
    const now = write === 'keep' ? this.#parts.serverDate.newest : undefined
    return now === undefined ? { checkpoint } : { checkpoint, dirtySince: now }
  }

  #recover(): Recovery | undefined {
    const { shardId, inherited } = this.#holding
    const { readBack, timers, observe } = this.#parts
    if (inherited.state === 'clean') return undefined
    if (inherited.state === 'unknown') {
      observe({ type: 'recovery-skipped', shardId, reason: 'another program has written the lease' })
      return undefined
    }
    if (readBack === undefined) {
      observe({ type: 'recovery-skipped', shardId, reason: noProvenance })
      return undefined
    }
    observe({ type: 'recovery-started', shardId, since: inherited.since })
    const recovery = new Recovery(shardId, inherited, readBack, timers)
    const { look } = recovery
    const tell = () => {
      observe({ type: 'recovery-looked', shardId, found: look.present.events })
      if (look.expired !== undefined)
        observe({ type: 'recovery-skipped', shardId, reason: tooOld(look.expired) })
    }
    recovery.ready.then(tell, () => {})
    void this.#holding.settle(this.#recoveryOver.promise)
    return recovery
  }

  #endRecovery({ look }: Recovery): void {
    this.#recovery = undefined
    this.#recoveryOver.resolve()
    const { divergent } = look.present
    this.#parts.observe({ type: 'recovery-done', shardId: this.#holding.shardId, divergent })
  }

  /** Nothing is sent before it is known what is there. A hand-over does not wait for that: the next owner looks too. */
  async #recovered(): Promise<'ready' | 'draining'> {
    const recovery = this.#recovery
    if (recovery === undefined) return 'ready'
    const { shardId, draining, lost } = this.#holding
    try {
      const looked = await orAborted(recovery.ready, AbortSignal.any([draining, lost]))
      return looked === 'aborted' ? 'draining' : 'ready'
    } catch (error) {
      if (!(error instanceof MillraceError) || error.retryable) throw error
      this.#recovery = undefined
      this.#recoveryOver.resolve()
      this.#parts.observe({ type: 'recovery-skipped', shardId, reason: error.message })
      return 'ready'
    }
  }

  async #sendAll(outputs: readonly OutputRecord[]): Promise<Sent> {
    for (const request of requestsOf(outputs, this.#parts.sink)) {
      if ((await this.#send(request)) === 'over') return 'over'
    }
    return 'sent'
  }

  /** Sends the records of one request until each is stored, or was found. */
  async #send(records: readonly OutputRecord[]): Promise<Sent> {
    const { clock, random } = this.#parts
    const attempt = new Attempt(this.#recovery?.look, new Backoff(refusedBackoff, clock, random))
    let pending = attempt.missing(records)
    while (pending.length > 0) {
      const fence = await this.#passFence(attempt)
      if (fence === 'over') return 'over'
      if (this.#stale(attempt)) {
        await this.#look(attempt, this.#parts.clock.monotonic())
        pending = attempt.missing(pending)
        continue
      }
      const reply = await this.#put(pending)
      attempt.bought = false
      if (!reply.sent) continue
      pending = await this.#resolve(pending, reply, attempt)
    }
    return 'sent'
  }

  #put(records: readonly OutputRecord[]): Promise<PutReply> {
    const { sink, serverDate } = this.#parts
    this.#sendingSince ??= serverDate.newest
    const [first] = records
    const kind = first?.kind ?? 'good'
    return sink.put({ kind, records, epoch: this.#holding.lease.epoch, mayGo: () => this.#mayGo() })
  }

  /** What is still to be sent after a reply. */
  async #resolve(
    records: readonly OutputRecord[],
    reply: Extract<PutReply, { sent: true }>,
    attempt: Attempt,
  ): Promise<readonly OutputRecord[]> {
    const open = records.filter((_, i) => reply.fates[i] !== 'stored')
    if (open.length === 0) return open
    if (!reply.fates.includes('unknown')) {
      await this.#parts.clock.sleep(attempt.backoff.nextMs(), this.#holding.lost)
      return open
    }
    await this.#lookFor(reply.leftAt, attempt)
    return attempt.missing(open)
  }

  /** Until what was sent at `leftAt` has taken effect and can be read, or never will. */
  async #lookFor(leftAt: number, attempt: Attempt): Promise<void> {
    const { readBack, timers, observe } = this.#parts
    const { shardId } = this.#holding
    observe({ type: 'put-unknown', shardId })
    if (++attempt.unknown > maxUnknown) {
      const message = `cannot tell what became of ${attempt.unknown} requests in a row for ${shardId}; look at the output stream`
      throw new MillraceError('sink', message, { retryable: true })
    }
    if (readBack === undefined) return await this.#hope(attempt)
    attempt.look ??= readBack.look(shardId, (this.#sendingSince ?? 0) - timers.dateMarginMs)
    await this.#look(attempt, leftAt + resolveMs(timers))
  }

  /** What may be there is sent again all the same. */
  async #hope({ backoff }: Attempt): Promise<void> {
    const { observe, clock } = this.#parts
    const { shardId, lost } = this.#holding
    observe({ type: 'recovery-skipped', shardId, reason: noProvenance })
    await clock.sleep(backoff.nextMs(), lost)
  }

  /** A lease that is lost meanwhile ends the wait: nothing is sent after it. */
  async #look(attempt: Attempt, moment: number): Promise<void> {
    await orAborted(attempt.lookAgain(moment), this.#holding.lost)
  }

  /** What may be there already is looked for again when the last look is old; each look buys one attempt. */
  #stale({ look, bought }: Attempt): boolean {
    const { clock, timers } = this.#parts
    return look !== undefined && !bought && clock.monotonic() - look.upTo > timers.freshMs
  }

  /** Waits while the fence is closed. If a renewal opens it again, nobody was there in between: just go on. */
  async #passFence(attempt: Attempt): Promise<'open' | 'over'> {
    const { clock, observe } = this.#parts
    const { shardId, lost } = this.#holding
    let told = false
    while (!this.#holding.over) {
      if (this.#mayGo()) return 'open'
      if (!told) observe({ type: 'fence-closed', shardId })
      told = true
      attempt.bought = false
      await clock.sleep(fencePollMs, lost)
    }
    return 'over'
  }

  #mayGo(): boolean {
    const { clock, serverDate, timers } = this.#parts
    return !this.#holding.over && fenceOpen(this.#holding.renewed, momentOf(clock, serverDate.newest), timers)
  }
}

function tooOld(stream: string): string {
  return `a part of what the last owners wrote is older than the retention of ${stream}`
}

/** The records of one request, from the first try until each is stored or was found. */
class Attempt {
  /** What may be there already: output of an earlier owner, or of our own request of unknown fate. */
  look: Look | undefined
  /** A look was made for the next try: it may be sent, however long the look took. */
  bought = false
  /** Requests of unknown fate. */
  unknown = 0
  /** Between tries of which a part was refused. */
  readonly backoff: Backoff

  constructor(look: Look | undefined, backoff: Backoff) {
    this.look = look
    this.backoff = backoff
  }

  async lookAgain(moment: number): Promise<void> {
    await this.look?.readUpTo(moment)
    this.bought = true
  }

  missing(records: readonly OutputRecord[]): readonly OutputRecord[] {
    return this.look?.present.missing(records) ?? records
  }
}
