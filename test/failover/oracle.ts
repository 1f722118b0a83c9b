import { advances, type OutputKind, type Position, type StreamRecord } from '../../src/streams/index.ts'
import type { HeldLease, LeaseRow } from '../../src/leases/index.ts'
import type { DeliveryTimers } from '../../src/delivery/timers.ts'
import type { PutRequest, RecordFate } from '../../src/delivery/index.ts'
import type { LeaseWitness, RowWrite } from './lease-service.ts'
import { epochMs, type Machine } from './machine.ts'
import type { Scenario } from './scenario.ts'
import type { Sent, StreamWitness } from './stream-service.ts'
import type { Timeline } from './timeline.ts'

/** One input record, and what must become of it. */
export interface Input {
  readonly shardId: string
  readonly sequence: number
  /** Its place in its shard, from 1. */
  readonly ordinal: number
  /** From when on it can be read. */
  readonly visibleAt: number
  /** One letter for each event: what it becomes. */
  readonly events: string
}

/** One output record as it lies in its stream. */
export interface Stored {
  readonly kind: OutputKind
  readonly input: string
  readonly index: number
  readonly output: number
  readonly shardId: string
  readonly sequence: number
  /** In its output stream. */
  readonly outputSequence: string
  readonly arrivedAt: number
  readonly at: number
  readonly sent: Sent
}

/** From the date in a reply to its arrival: what a machine has seen is never quite new. */
const dateLagMs = 1000

export interface OracleOptions {
  readonly timeline: Timeline
  readonly timers: DeliveryTimers
  /** What the world really is like; the timers are what the code under test believes. */
  readonly scenario: Pick<Scenario, 'clockDrift' | 'settleMs' | 'visibleMs'>
  readonly note: (text: string) => void
}

interface Take {
  readonly sentAt: number
  readonly frozenMs: number
  readonly unclean: 'expiry' | 'release' | undefined
}

/** What is found wrong: which promise, and what happened. */
export interface Violation {
  readonly rule: string
  readonly what: string
  readonly at: number
}

/**
 * Watches everything that takes effect, by true time, and holds it against the protocol's invariants.
 * It knows what the code under test cannot know: what was applied, when, and what is still on its way.
 */
export class Oracle implements StreamWitness {
  readonly violations: Violation[] = []
  /** The longest time that a shard with work to do had nobody: from a crash or a release to the next take. */
  orphanedMs = 0
  readonly stored: Stored[] = []
  readonly inputs = new Map<string, Input>()
  readonly #options: OracleOptions
  readonly #rows = new Map<string, { row: LeaseRow; writtenAt: number }>()
  readonly #takes = new Map<string, Take>()
  /** True time at which the last write of a lease that surely came through was sent. */
  readonly #renewed = new Map<string, { at: number; frozenMs: number }>()
  readonly #released = new Set<string>()
  /** Shards that nobody works on, and since when. */
  readonly #orphans = new Map<string, number>()
  readonly #suspects = new Map<string, { dirtySince: number; last: string }>()
  readonly #underWay = new Set<Sent>()
  readonly #lastSend = new Map<string, { socketAt: number; refused: boolean }>()
  /** Output of an input shard that its row's checkpoint has not passed. */
  readonly #beyond = new Map<string, Stored[]>()

  constructor(options: OracleOptions) {
    this.#options = options
  }

  witness(owner: string, machine: Machine): LeaseWitness {
    return {
      sent: (write, row) => {
        if (write === 'take') this.#takes.set(`${owner}/${row.shardId}`, this.#takeOf(row, machine))
        if (write === 'release') this.#released.add(`${owner}/${row.shardId}/${row.epoch}`)
      },
      renewed: ({ shardId, epoch }: HeldLease, sent) => {
        this.#renewed.set(`${owner}/${shardId}/${epoch}`, sent)
      },
    }
  }

  #takeOf(row: LeaseRow, { frozenMs }: Machine): Take {
    const dirty = row.dirtySince !== undefined
    const unclean = dirty ? (row.owner === undefined ? 'release' : 'expiry') : undefined
    return { sentAt: this.#options.timeline.now, frozenMs, unclean }
  }

  /** Its process has crashed. */
  died(owner: string): void {
    for (const [shardId, { row }] of this.#rows)
      if (row.owner === owner && !this.#orphans.has(shardId))
        this.#orphans.set(shardId, this.#options.timeline.now)
  }

  /* Rows. */

  readonly wrote = ({ write, by, before, after, at }: RowWrite): void => {
    const row = after ?? before
    if (row === undefined) return
    this.#options.note(`table: ${write} by ${by}: ${showRow(after)}`)
    // No shard is ever forgotten by its stream here.
    if (after === undefined) return this.#check('N7', false, `the row of ${row.shardId} is removed`)
    const known = this.#rows.get(after.shardId)
    if (write === 'ask')
      return void this.#rows.set(after.shardId, { row: after, writtenAt: known?.writtenAt ?? at })
    this.#rows.set(after.shardId, { row: after, writtenAt: at })
    if (before === undefined) return
    this.#check(
      'N5',
      after.counter === before.counter + 1,
      `${write}: counter ${before.counter} → ${after.counter}`,
    )
    if (write === 'keep') this.#check('N5', after.owner === before.owner, `a keep changes the owner`)
    if (write === 'take') this.#checkTake(before, known?.writtenAt ?? 0)
    if (write === 'take') this.#suspect(before)
    this.#adopt(after)
    this.#checkHeld(after)
    this.#checkProgress(before, after)
    this.#checkClean(after)
    this.#checkDates(after)
  }

  #checkTake(before: LeaseRow, writtenAt: number): void {
    if (before.owner === undefined) return
    const { timers, scenario } = this.#options
    const silentMs = this.#options.timeline.now - writtenAt
    const enough = timers.leaseMs * (1 - 2 * scenario.clockDrift) - 1
    this.#check('N6', silentMs >= enough, `${before.shardId} taken from ${before.owner} after ${silentMs} ms`)
  }

  #adopt({ shardId, owner, checkpoint }: LeaseRow): void {
    const { now } = this.#options.timeline
    const since = this.#orphans.get(shardId)
    if (owner === undefined && checkpoint.at !== 'shardEnd')
      return void this.#orphans.set(shardId, since ?? now)
    if (since !== undefined) this.orphanedMs = Math.max(this.orphanedMs, now - since)
    this.#orphans.delete(shardId)
  }

  /** After an unclean take: what earlier owners may have sent, and since when. */
  #suspect({ shardId, dirtySince, checkpoint }: LeaseRow): void {
    this.#suspects.delete(shardId)
    if (dirtySince === undefined) return
    const { now } = this.#options.timeline
    const behind = [...this.inputs.values()].filter(
      input =>
        input.shardId === shardId &&
        input.visibleAt <= now &&
        this.#isBeyond(String(input.sequence), checkpoint),
    )
    const last = behind.slice(0, this.#options.timers.maxOpenRecords).at(-1)
    if (last !== undefined) this.#suspects.set(shardId, { dirtySince, last: String(last.sequence) })
  }

  #checkHeld({ shardId, dirtySince, checkpoint }: LeaseRow): void {
    const suspect = this.#suspects.get(shardId)
    if (suspect === undefined) return
    if (!this.#isBeyond(suspect.last, checkpoint)) return void this.#suspects.delete(shardId)
    const held = dirtySince === suspect.dirtySince
    this.#check('N9', held, `the date of ${shardId} moves before its checkpoint has passed ${suspect.last}`)
  }

  #checkProgress(before: LeaseRow, after: LeaseRow): void {
    const back = advances(after.checkpoint, before.checkpoint)
    this.#check('N7', !back, `checkpoint of ${after.shardId} goes back`)
    const { dirtySince: from = 0 } = before
    const { dirtySince: to } = after
    this.#check('N7', to === undefined || to >= from, `date of ${after.shardId} goes back`)
  }

  /** Clean means: nothing beyond the checkpoint exists, and nothing can come. */
  #checkClean({ shardId, dirtySince, checkpoint }: LeaseRow): void {
    if (dirtySince !== undefined) return
    for (const stored of this.#pruned(shardId, checkpoint))
      if (!stored.sent.excused) this.#check('N8', false, `${shardId} is clean, and ${stored.input} is beyond`)
    for (const sent of this.#underWay) {
      if (sent.excused || sent.effectAt !== undefined) continue
      const open = sent.request.records.some(
        ({ provenance }) => provenance.shardId === shardId && this.#isBeyond(provenance.sequence, checkpoint),
      )
      this.#check('N8', !open, `${shardId} is clean, and a request of ${sent.owner} is under way`)
    }
  }

  #checkDates({ shardId, dirtySince, checkpoint }: LeaseRow): void {
    if (dirtySince === undefined) return
    for (const stored of this.#pruned(shardId, checkpoint)) this.#checkDate(stored, dirtySince)
  }

  #checkDate(stored: Stored, dirtySince: number): void {
    if (stored.sent.excused) return
    const since = dirtySince - this.#options.timers.dateMarginMs
    this.#check(
      'N9',
      since <= stored.arrivedAt,
      `${stored.input} arrived ${since - stored.arrivedAt} ms too early`,
    )
  }

  #pruned(shardId: string, checkpoint: Position): readonly Stored[] {
    const left = (this.#beyond.get(shardId) ?? []).filter(({ sequence }) =>
      this.#isBeyond(String(sequence), checkpoint),
    )
    this.#beyond.set(shardId, left)
    return left
  }

  #isBeyond(sequence: string, checkpoint: Position): boolean {
    return advances(checkpoint, { at: 'after', sequence, subSequence: 0 })
  }

  /* Requests. */

  pastFence(owner: string, request: PutRequest): boolean {
    return this.#sinceRenewal(owner, request).ms > this.#lastSendMs() + 1
  }

  /** After that somebody with the fastest clock may have taken the lease, and reckons with requests of before. */
  #lastSendMs(): number {
    const { timers, scenario } = this.#options
    return timers.leaseMs / (1 + scenario.clockDrift) - timers.putTimeoutMs
  }

  /** A machine whose clocks stood still since its last renewal cannot know how late it is until a server tells it. */
  frozen(owner: string, request: PutRequest, { frozenMs }: Machine, newestDate: number): boolean {
    const since = this.#sinceRenewal(owner, request)
    if (!this.pastFence(owner, request) || since.frozenMs === frozenMs) return false
    const fenceEnd = epochMs + this.#options.timeline.now - since.ms + this.#lastSendMs()
    return newestDate <= fenceEnd + 2 * this.#options.timers.dateSkewMs + dateLagMs
  }

  /** A take whose reply was lost counts from its send too. */
  #sinceRenewal(owner: string, { epoch, records }: PutRequest): { ms: number; frozenMs: number } {
    const lease = `${owner}/${records[0]?.provenance.shardId}`
    const take = this.#takes.get(lease)
    const { at, frozenMs } = this.#renewed.get(`${lease}/${epoch}`) ?? {
      at: take?.sentAt ?? Number.NEGATIVE_INFINITY,
      frozenMs: take?.frozenMs ?? 0,
    }
    return { ms: this.#options.timeline.now - at, frozenMs }
  }

  sent(sent: Sent): void {
    const { request, owner, excused, machine } = sent
    const [first] = request.records
    const shardId = first?.provenance.shardId ?? ''
    const names = request.records.map(({ provenance }) => `${provenance.sequence}.${provenance.index}`)
    this.#options.note(
      `${machine.name}: puts ${request.kind} of ${shardId}: ${names.join(' ')}${excused ? ' (late)' : ''}`,
    )
    this.#underWay.add(sent)
    const lease = `${owner}/${shardId}/${request.epoch}`
    if (!excused) this.#checkFence(sent)
    this.#check(
      'N12',
      excused || !this.#released.has(lease),
      `${owner} sends for ${shardId} after its release`,
    )
    this.#checkLooked(sent, shardId)
    this.#checkOpen(sent, shardId)
    for (const record of request.records) this.#checkAgain(sent, keyOf(request.kind, record))
  }

  /** Clocks that run too fast or too slow are inside the margin. */
  #checkFence({ owner, request }: Sent): void {
    const { ms: elapsed } = this.#sinceRenewal(owner, request)
    this.#check(
      'N10',
      elapsed <= this.#lastSendMs() + 1,
      `${owner} sends ${Math.round(elapsed)} ms after its last renewal`,
    )
  }

  /** A record that came after the take cannot have been seen by an earlier owner. */
  #checkLooked({ owner, excused, request }: Sent, shardId: string): void {
    const take = this.#takes.get(`${owner}/${shardId}`)
    if (take?.unclean === undefined || excused) return
    const old = request.records.some(({ provenance }) => this.#visibleBefore(provenance, take.sentAt))
    if (!old) return
    const { settleMs, visibleMs } = this.#options.scenario
    const { putTimeoutMs } = this.#options.timers
    const grace = take.unclean === 'release' ? settleMs + visibleMs : settleMs - putTimeoutMs + visibleMs
    const waited = this.#options.timeline.now - take.sentAt
    this.#check(
      'N14',
      waited >= grace - 1,
      `${owner} sends for ${shardId} ${Math.round(waited)} ms after its take`,
    )
  }

  #visibleBefore({ shardId, sequence }: { shardId: string; sequence: string }, at: number): boolean {
    return (this.inputs.get(`${shardId}:${sequence}`)?.visibleAt ?? 0) < at
  }

  #checkOpen({ request, owner }: Sent, shardId: string): void {
    const row = this.#rows.get(shardId)?.row
    const done = row?.checkpoint.at === 'after' ? this.#ordinal(shardId, row.checkpoint.sequence) : 0
    const last = Math.max(
      ...request.records.map(({ provenance }) => this.#ordinal(shardId, provenance.sequence)),
    )
    if (row?.owner !== owner) return
    const { maxOpenRecords } = this.#options.timers
    this.#check(
      'N11',
      last - done <= maxOpenRecords,
      `${owner} is ${last - done} records beyond the row of ${shardId}`,
    )
  }

  #checkAgain(sent: Sent, key: string): void {
    const lease = `${sent.owner}/${sent.request.epoch}/${key}`
    const before = this.#lastSend.get(lease)
    this.#lastSend.set(lease, { socketAt: sent.socketAt, refused: false })
    if (before === undefined || before.refused) return
    const { settleMs, visibleMs } = this.#options.scenario
    const waited = sent.socketAt - before.socketAt
    this.#check(
      'N13',
      waited >= settleMs + visibleMs - 1,
      `${key} is sent again after ${Math.round(waited)} ms`,
    )
  }

  answered(sent: Sent, fates: readonly RecordFate[]): void {
    const { request, owner } = sent
    for (const [i, record] of request.records.entries()) {
      if (fates[i] !== 'refused') continue
      const lease = `${owner}/${request.epoch}/${keyOf(request.kind, record)}`
      const last = this.#lastSend.get(lease)
      if (last !== undefined) this.#lastSend.set(lease, { ...last, refused: true })
    }
  }

  over(sent: Sent): void {
    this.#underWay.delete(sent)
  }

  store(sent: Sent, record: number, { sequence: outputSequence, arrivedAt }: StreamRecord): void {
    const output = sent.request.records[record]
    if (output === undefined) return
    const { provenance, output: number } = output
    const { shardId, sequence, index } = provenance
    const stored: Stored = {
      kind: sent.request.kind,
      input: `${shardId}:${sequence}`,
      index,
      output: number,
      shardId,
      sequence: Number(sequence),
      outputSequence,
      arrivedAt,
      at: this.#options.timeline.now,
      sent,
    }
    this.stored.push(stored)
    this.#options.note(`${stored.kind}: stores ${stored.input}.${index}/${number} of ${sent.owner}`)
    const row = this.#rows.get(shardId)?.row
    if (row === undefined || !this.#isBeyond(sequence, row.checkpoint)) return
    this.#beyond.set(shardId, [...(this.#beyond.get(shardId) ?? []), stored])
    if (row.dirtySince !== undefined) this.#checkDate(stored, row.dirtySince)
    else if (!sent.excused)
      this.#check('N8', false, `${stored.input} is stored beyond the checkpoint of a clean row`)
  }

  #ordinal(shardId: string, sequence: string): number {
    return this.inputs.get(`${shardId}:${sequence}`)?.ordinal ?? 0
  }

  #check(rule: string, holds: boolean, what: string): void {
    if (holds) return
    const at = Math.round(this.#options.timeline.now)
    this.#options.note(`VIOLATION of ${rule}: ${what}`)
    this.violations.push({ rule, what, at })
  }
}

export function keyOf(
  kind: OutputKind,
  {
    provenance,
    output,
  }: { provenance: { shardId: string; sequence: string; index: number }; output: number },
): string {
  return `${kind} ${provenance.shardId}:${provenance.sequence}.${provenance.index}/${output}`
}

function showRow(row: LeaseRow | undefined): string {
  if (row === undefined) return 'gone'
  const { shardId, owner = 'nobody', counter, checkpoint, dirtySince } = row
  const at = checkpoint.at === 'after' ? checkpoint.sequence : checkpoint.at
  return `${shardId} ${owner} #${counter} at ${at} ${dirtySince === undefined ? 'clean' : `dirty ${dirtySince % 1e7}`}`
}
