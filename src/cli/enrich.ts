import { Command, InvalidArgumentError, Option } from 'commander'
import { parseDuration } from '../config/index.ts'
import type { Core, CoreOutput, Omission, Outcome, RawRecord } from '../core/index.ts'
import { Backoff, messageOf, MillraceError, systemClock } from '../lib/index.ts'
import { unobserved } from '../observe/index.ts'
import { BadRowCounts } from './bad-row-type.ts'
import { jsonOfLine } from './enriched-line.ts'
import { CommandError, exitCodes } from './exit.ts'
import { inputFormats, readPieces, type InputFormat, type Piece } from './input.ts'
import { LazyFile, standardOutput, type LineOutput } from './output.ts'
import { profileTable } from './profile-table.ts'
import { Progress } from './progress.ts'
import { encodeRequest } from './request.ts'
import { readSetup, takesDocuments, type ConfigFlags } from './setup.ts'

interface EnrichFlags extends ConfigFlags {
  readonly format: InputFormat
  readonly json?: boolean
  readonly bad: string
  readonly failed?: string
  readonly pii?: string
  readonly profile?: boolean
  readonly at?: number
  readonly wait: number
}

/** Records that are under way at once while schemas are fetched; their results stay in order. */
const concurrency = 256

const retryBackoff = { minMs: 500, maxMs: 5000 }

const example = `Two requests that a collector may get, as JSON lines for --format requests:

  {"url": "/i?e=pv&p=web&url=http://example.com/", "headers": {"User-Agent": "…"}}
  {"url": "/com.snowplowanalytics.snowplow/tp2", "method": "POST", "body": {"schema": "iglu:…", "data": […]}}

Also: ipAddress, timestamp, networkUserId.`

/** `millrace enrich`: raw records from files in, events out, and what is bad into a file of its own. */
export function enrichCommand(): Command {
  const command = new Command('enrich')
    .description('enrich raw records from files: events to standard output, bad rows to a file')
    .argument('[file...]', 'files to read; none or -: standard input')
  return takesDocuments(command)
    .addOption(
      new Option(
        '-f, --format <format>',
        'base64: a payload per line; binary: each after its length (4 bytes, big endian); requests: JSON lines; auto: by the first byte',
      )
        .choices(inputFormats)
        .default('auto'),
    )
    .option('--json', 'events as JSON, as the analytics SDKs make it, instead of TSV')
    .option(
      '--bad <file>',
      'where bad rows go; made with the first of them, an older one is replaced',
      'bad.ndjson',
    )
    .option(
      '--failed <file>',
      'where what is left of bad events goes, in the format of events; made with the first of them',
    )
    .option(
      '--pii <file>',
      'where events about pseudonyms go, if an enrichment has emitEvent; made with the first of them',
    )
    .option('--profile', 'print where the time went, to standard error')
    .option(
      '--at <time>',
      'what etl_tstamp says (ISO 8601), to get the same bytes again; default: now',
      instant,
    )
    .addOption(
      new Option('--wait <duration>', 'how long to wait for a schema registry that is down')
        .argParser(duration)
        .default(30_000, '30s'),
    )
    .addHelpText(
      'after',
      `\n${example}\n\nExits with 0 when every event is good, with 65 when there are bad rows.`,
    )
    .action(enrich)
}

async function enrich(files: readonly string[], flags: EnrichFlags): Promise<void> {
  const { config, documents } = readSetup(flags)
  const [{ assetSettings, coreOptions }, { buildCore }, { openAssets }] = await Promise.all([
    import('../service/index.ts'),
    import('../worker/index.ts'),
    import('../assets/index.ts'),
  ])
  const setup = {
    ...(flags.profile === true && { profileEvery: 1 }),
    scripts: config.enrich.scripts,
    core: {
      ...coreOptions(config),
      emitFailed: flags.failed !== undefined,
      emitPii: flags.pii !== undefined,
    },
    ...documents,
  }
  const { core, warnings, costs, close } = await buildCore(
    setup,
    unobserved,
    openAssets(assetSettings(config)),
  )
  for (const warning of warnings) process.stderr.write(`millrace: ${warning}\n`)
  const job = new EnrichJob(core, flags)
  const began = systemClock.monotonic()
  try {
    for (const file of files.length === 0 ? ['-'] : files) await job.run(file)
  } finally {
    // Also when a later record cannot be done: what was is written.
    await job.finish()
    if (flags.profile === true)
      process.stderr.write(`${profileTable(costs(), systemClock.monotonic() - began).join('\n')}\n`)
    await close()
  }
}

interface Entry {
  readonly record: RawRecord
  readonly outcomes: Outcome[] | Promise<Outcome[]>
}

/** Reads, enriches and writes a group of records at a time, so that memory does not grow with the input. */
class EnrichJob {
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

  constructor(core: Core, flags: EnrichFlags) {
    const { json = false, format, bad, failed, pii, wait, at = systemClock.now() } = flags
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

function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('expected a duration such as 30s')
  return ms
}

function instant(text: string): number {
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw new InvalidArgumentError('expected a time such as 2026-01-31T12:00:00Z')
  return time
}
