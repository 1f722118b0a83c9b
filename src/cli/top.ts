import { Command } from 'commander'
import type { LeaseRow } from '../leases/index.ts'
import { MillraceError, systemClock } from '../lib/index.ts'
import type { Source } from '../streams/index.ts'
import { renderCosts } from './cost-table.ts'
import { renderLeases, type LeaseView } from './lease-table.ts'
import { standardOutput } from './output.ts'
import { openPipeline, type Pipeline, type PipelineFlags } from './pipeline.ts'
import { mergeCosts, scrapeCosts } from './scrape.ts'
import { showUntil } from './screen.ts'
import { takesConfig, takesDirectory } from './setup.ts'
import { printable } from './table.ts'
import { abortOnSignal } from './stop-signal.ts'

interface TopFlags extends PipelineFlags {
  readonly metrics?: readonly string[]
  readonly once?: boolean
}

/** `millrace top`: the lease map and the costs of enrichments, live. */
export function topCommand(): Command {
  const command = new Command('top').description(
    'show who works on which shard and what enrichments cost, live',
  )
  return takesDirectory(takesConfig(command))
    .option('--metrics <url...>', "monitoring addresses of workers; default: the configuration's own")
    .option('--once', 'print it once')
    .action(top)
}

async function top(flags: TopFlags): Promise<void> {
  const pipeline = await openPipeline(flags)
  const view = new LeaseMap(pipeline, flags.metrics)
  try {
    if (flags.once === true || !process.stdout.isTTY) {
      const output = standardOutput()
      await output.line(await view.render())
      await output.flush()
    } else
      await showUntil(abortOnSignal(), {
        full: async () => ({ status: await view.render() }),
        line: () => view.render(),
      })
  } finally {
    await pipeline.backend.close()
  }
}

/** Of the one worker that this configuration says where to find. */
function ownMetrics({ config }: Pipeline): readonly string[] {
  const { enabled, host, port } = config.monitoring.http
  if (!enabled || port === 0) return []
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return [`http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`]
}

/** Longest that one look at one shard may take. */
const lookMs = 2000

/** Looks at the lease table again and again, and tells by the counters which owners are alive. */
class LeaseMap {
  readonly #pipeline: Pipeline
  readonly #source: Source
  /** Since when, by the monotonic clock, each shard's owner and counter are what they are. */
  readonly #seen = new Map<string, { readonly pair: string; readonly since: number }>()

  readonly #metrics: readonly string[]

  /** Whether somebody named those addresses. */
  readonly #asked: boolean

  constructor(pipeline: Pipeline, metrics: readonly string[] | undefined) {
    this.#asked = metrics !== undefined
    this.#metrics = metrics ?? ownMetrics(pipeline)
    this.#pipeline = pipeline
    this.#source = pipeline.backend.source(pipeline.config.streams.raw.name)
  }

  async render(): Promise<string> {
    const { config, backend } = this.#pipeline
    const { application, streams, leases } = config
    const rows = await backend.leaseStore({ application, stream: streams.raw.name }).list()
    const [views, costs] = await Promise.all([
      Promise.all(rows.map(row => this.#look(row))),
      Promise.all(this.#metrics.map(scrapeCosts)),
    ])
    const table = renderCosts(mergeCosts(costs.filter(one => one !== undefined)))
    // Nobody asked for the configuration's own address: on another machine nothing is there.
    const silent = this.#asked ? this.#metrics.filter((_, index) => costs[index] === undefined) : []
    const map = renderLeases(views, leases.leaseMs)
    return [
      `${application} on ${streams.raw.name}`,
      '',
      map,
      ...(table.length > 0 ? ['', ...table] : []),
      ...silent.map(
        url =>
          `\n${printable(url)} does not answer with metrics of millrace; a worker logs its address at start: monitoring-ready`,
      ),
    ].join('\n')
  }

  async #look(row: LeaseRow): Promise<LeaseView> {
    const now = systemClock.monotonic()
    const pair = `${row.owner ?? ''} ${row.counter}`
    const seen = this.#seen.get(row.shardId)
    const since = seen?.pair === pair ? seen.since : now
    this.#seen.set(row.shardId, { pair, since })
    const lagMs = await this.#lag(row)
    return { row, silentMs: now - since, ...(lagMs !== undefined && { lagMs }) }
  }

  /** How old the first record is that nobody has committed yet. */
  async #lag({ shardId, checkpoint }: LeaseRow): Promise<number | undefined> {
    if (checkpoint.at === 'shardEnd') return undefined
    const signal = AbortSignal.timeout(lookMs)
    try {
      for await (const { records, millisBehindLatest } of this.#source.read(shardId, checkpoint, {
        signal,
        maxBatchBytes: 1,
        maxBatchRecords: 1,
      })) {
        const [first] = records
        if (first !== undefined) return Math.max(0, systemClock.now() - first.arrivedAt)
        return millisBehindLatest
      }
    } catch (error) {
      // A shard that is gone since the table was read has no lag.
      if (!(error instanceof MillraceError)) throw error
    }
    return undefined
  }
}
