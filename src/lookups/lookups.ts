import type { HttpLookupOptions, Lookup, Lookups } from '../core/index.ts'
import { messageOf, systemClock, type Clock } from '../lib/index.ts'
import { unobserved, type Observe } from '../observe/index.ts'
import { Circuit } from './circuit.ts'
import { callHttp, type HttpOptions } from './http.ts'
import { OutsideLookup, type OutsideLookupOptions } from './lookup.ts'
import type { SqlPool, SqlPoolOptions } from './sql.ts'
import { newTally, type LookupMeasure, type Tally } from './tally.ts'

export interface LookupsOptions extends HttpOptions {
  readonly clock?: Clock
  readonly observe?: Observe
  /** Longest that all calls of one batch may take together. */
  readonly batchMs?: number
}

export interface OpenLookups extends Lookups {
  /** A new batch begins: its calls have its time. */
  begin(): void
  /** What was done since the last time, by enrichments that did something or whose circuit is not closed. */
  measures(): LookupMeasure[]
  close(): Promise<void>
}

const httpConcurrency = 64
// Snowplow has one; a few keep a slow query from holding up all others, in every thread of every worker.
const sqlConnections = 4
// All that a batch has under way at once (worker/job.ts), several times.
const maxQueued = 1024
const leastQueueMs = 5000

interface Measured {
  readonly name: string
  readonly circuit: Circuit
  readonly tally: Tally
}

type Guarded = Pick<HttpLookupOptions<unknown>, 'name' | 'timeoutMs' | 'cache'> & {
  /** Calls under way at once. */
  readonly concurrency: number
}

/** The outside as enrichments see it. Nothing is opened before the first question. */
export function openLookups(options: LookupsOptions = {}): OpenLookups {
  const { clock = systemClock, observe = unobserved, batchMs = Infinity, ...http } = options
  const deadline = { at: Infinity }
  const measured: Measured[] = []
  const pools: LazyPool[] = []

  /** A lookup that is measured, behind a cache and a circuit of its own. */
  function guard<Q, T>(
    { name, timeoutMs, cache, concurrency }: Guarded,
    call: OutsideLookupOptions<Q, T>['call'],
  ): Lookup<Q, T> {
    const circuit = new Circuit({
      concurrency,
      maxQueued,
      timeoutMs,
      queueMs: Math.max(leastQueueMs, 4 * timeoutMs),
      clock,
      deadline,
      changed: (state, error) =>
        observe({ type: 'circuit-changed', enrichment: name, state, ...(error !== undefined && { error }) }),
    })
    const tally = newTally()
    measured.push({ name, circuit, tally })
    return new OutsideLookup({ cache, circuit, tally, clock, call })
  }

  return {
    http({ read, concurrency = httpConcurrency, ...options }) {
      return guard({ ...options, concurrency }, async (request, signal) => {
        const response = await callHttp(request, signal, http)
        return 'error' in response ? response : reading(() => read(response))
      })
    },
    sql({ read, database, sql, ...options }) {
      const { timeoutMs } = options
      const pool = new LazyPool({ database, sql, timeoutMs, connections: sqlConnections })
      pools.push(pool)
      return guard({ ...options, concurrency: sqlConnections }, async (values, signal) => {
        const rows = await pool.query(values, signal)
        return 'error' in rows ? rows : reading(() => read(rows))
      })
    },
    begin() {
      deadline.at = clock.monotonic() + batchMs
    },
    measures: () => measured.flatMap(takeMeasure),
    async close() {
      await Promise.all(pools.map(pool => pool.close()))
    },
  }
}

/** An answer that nobody can read is an error of that answer. */
function reading<T>(read: () => T): T | { readonly error: string } {
  try {
    return read()
  } catch (error) {
    return { error: messageOf(error) }
  }
}

function takeMeasure({ name, circuit, tally }: Measured): LookupMeasure[] {
  if (tally.asked === 0 && circuit.state === 'closed') return []
  const taken = { name, circuit: circuit.state, ...tally }
  Object.assign(tally, newTally())
  return [taken]
}

/** Loads its driver with the first question. */
class LazyPool {
  readonly #options: SqlPoolOptions
  #pool: Promise<SqlPool> | undefined

  constructor(options: SqlPoolOptions) {
    this.#options = options
  }

  async query(...asked: Parameters<SqlPool['query']>): ReturnType<SqlPool['query']> {
    this.#pool ??= open(this.#options)
    return await (await this.#pool).query(...asked)
  }

  async close(): Promise<void> {
    await (await this.#pool)?.close()
  }
}

async function open(options: SqlPoolOptions): Promise<SqlPool> {
  return options.database.kind === 'postgresql'
    ? (await import('./sql-postgres.ts')).openPostgres(options)
    : (await import('./sql-mysql.ts')).openMysql(options)
}
