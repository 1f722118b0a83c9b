import type { Core, CoreOutput, Omission, Outcome, RawRecord } from '../core/index.ts'
import { Backoff, messageOf, MillraceError, systemClock } from '../lib/index.ts'
import { BadRowCounts } from './bad-row-type.ts'
import { jsonOfLine } from './enriched-line.ts'
import { CommandError, exitCodes } from './exit.ts'
import { readPieces, type InputFormat, type Piece } from './input.ts'
import { LazyFile, standardOutput, type LineOutput } from './output.ts'
import { Progress } from './progress.ts'
import { encodeRequest } from './request.ts'

export interface EnrichJobOptions {
  readonly format: InputFormat
  /** Events as JSON, not as TSV. */
  readonly json?: boolean
  /** Files. Without one for them, failed events and events about pseudonyms are not written. */
  readonly bad: string
  readonly failed?: string
  readonly pii?: string
  /** What `etl_tstamp` says, ms since the epoch; absent: now. */
  readonly at?: number
  /** How long a record is tried while a registry is down, ms. */
  readonly wait: number
}

/** Records that are under way at once while schemas are fetched; their results stay in order. */
const concurrency = 256

const retryBackoff = { minMs: 500, maxMs: 5000 }

interface Entry {
  readonly record: RawRecord
  readonly outcomes: Outcome[] | Promise<Outcome[]>
}

/** Reads, enriches and writes a group of records at a time, so that memory does not grow with the input. */
export class EnrichJob {
  readonly #core: Core
  readonly #json: boolean
  readonly #format: InputFormat
  readonly #processedAt: number
  readonly #good: LineOutput = standardOutput()
  readonly #bad: LazyFile
  /** Absent where nobody asked for them: then there are none. */
  readonly #failed: LazyFile | undefined
  readonly #pii: LazyFile | undefined
  readonly #waitMs: number
  readonly #progress = new Progress()
  readonly #types = new BadRowCounts()
  #told = false

  constructor(core: Core, options: EnrichJobOptions) {
    const { json = false, format, bad, failed, pii, wait, at = systemClock.now() } = options
    this.#waitMs = wait
    this.#core = core
    this.#json = json
    this.#format = format
    this.#bad = new LazyFile(bad)
    this.#failed = failed === undefined ? undefined : new LazyFile(failed)
    this.#pii = pii === undefined ? undefined : new LazyFile(pii)
    this.#processedAt = at
  }

  async run(file: string): Promise<void> {
    let group: RawRecord[] = []
    for await (const piece of readPieces(file, this.#format)) {
      group.push(this.#record(piece, file))
      if (group.length < concurrency) continue
      await this.#process(group)
      group = []
    }
    await this.#process(group)
  }

  async finish(): Promise<void> {
    await this.#good.flush()
    await this.#bad.close()
    await this.#failed?.close()
    await this.#pii?.close()
    this.#progress.finish()
    const { bad } = this.#progress
    if (bad === 0) return
    process.exitCode = exitCodes.data
    const rows = `${bad} bad ${bad === 1 ? 'row' : 'rows'} in ${this.#bad.path}`
    process.stderr.write(`millrace: ${rows}: ${this.#types.toString()}\n`)
  }

  #record({ format, bytes, place, number }: Piece, file: string): RawRecord {
    const origin = { stream: 'enrich', shardId: file, sequence: String(number), subSequence: 0 }
    return { data: this.#payload(format, bytes, place), origin, processedAt: this.#processedAt }
  }

  /** What is no base64 goes on as it is, and ends as a bad row that shows it. */
  #payload(format: Piece['format'], bytes: Uint8Array, place: string): Uint8Array {
    if (format === 'binary') return bytes
    const text = Buffer.from(bytes).toString('utf8').trim()
    if (format === 'requests') return encodeRequest(text, place, this.#processedAt)
    return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : bytes
  }

  async #process(records: readonly RawRecord[]): Promise<void> {
    const entries: Entry[] = records.map(record => ({ record, outcomes: this.#attempt(record) }))
    // A promise that is rejected while an earlier one is awaited is not unhandled: its turn comes.
    for (const { outcomes } of entries) if (outcomes instanceof Promise) outcomes.catch(() => {})
    for (const { record, outcomes } of entries) await this.#write(await outcomes, record)
    this.#progress.add(records.length)
  }

  #attempt(record: RawRecord): Outcome[] | Promise<Outcome[]> {
    try {
      const outcomes = this.#core.process(record)
      return outcomes instanceof Promise ? outcomes.catch(error => this.#again(record, error)) : outcomes
    } catch (error) {
      return this.#again(record, error)
    }
  }

  async #again(record: RawRecord, first: unknown): Promise<Outcome[]> {
    const backoff = new Backoff(retryBackoff, systemClock)
    this.#tellOnce(messageOf(first))
    const until = systemClock.monotonic() + this.#waitMs
    let error = first
    while (error instanceof MillraceError && error.retryable && systemClock.monotonic() < until) {
      await backoff.wait()
      try {
        return await this.#core.process(record)
      } catch (again) {
        error = again
      }
    }
    if (!(error instanceof MillraceError)) throw error
    const message = `${error.message}; nothing of ${record.origin.shardId} from record ${record.origin.sequence} on is written, run it again`
    throw new CommandError(exitCodes.unavailable, message, error)
  }

  #tellOnce(problem: string): void {
    if (!this.#told) process.stderr.write(`millrace: ${problem}\n`)
    this.#told = true
  }

  async #write(outcomes: readonly Outcome[], record: RawRecord): Promise<void> {
    for (const output of this.#core.emit(outcomes, record, what => this.#omitted(what, record))) {
      const text = textOf(output)
      switch (output.kind) {
        case 'good':
          this.#progress.good++
          await this.#good.line(this.#lineOf(text))
          break
        case 'bad':
          this.#progress.bad++
          this.#types.add(text)
          await this.#bad.line(text)
          break
        case 'failed':
          await this.#failed?.line(this.#lineOf(text))
          break
        case 'pii':
          await this.#pii?.line(this.#lineOf(text))
          break
      }
    }
  }

  #lineOf(tsv: string): string {
    return this.#json ? JSON.stringify(jsonOfLine(tsv)) : tsv
  }

  #omitted(what: Omission, { origin }: RawRecord): void {
    if (what === 'dropped' || what === 'invalid') return
    const place = `record ${origin.sequence} of ${origin.shardId}`
    process.stderr.write(`millrace: ${tooLarge[what]} is too large and is not written: ${place}\n`)
  }
}

const tooLarge: Readonly<Record<Exclude<Omission, 'dropped' | 'invalid'>, string>> = {
  piiTooLarge: 'an event about pseudonyms',
  failedTooLarge: 'what is left of a bad event',
}

const decoder = new TextDecoder()

function textOf({ data }: CoreOutput): string {
  return decoder.decode(data)
}
