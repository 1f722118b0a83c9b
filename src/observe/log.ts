import { systemClock, type Clock } from '../lib/index.ts'
import type { MillraceEvent, Observe } from './events.ts'
import { Repeats } from './repeats.ts'

export const levels = ['debug', 'info', 'warn', 'error'] as const
export type Level = (typeof levels)[number]

export interface LogOptions {
  /** Events below this are left out. */
  readonly level: Level | 'silent'
  /** Stand on every line: the worker's name, for one. */
  readonly fields?: Readonly<Record<string, string | number>>
  /** Takes one line without its end. Default: standard error. */
  readonly write?: (line: string) => void
  readonly clock?: Clock
}

/**
 * Writes one JSON line per event: time, level, event, and what the event says. Of requests that fail for one reason only
 * one in ten seconds is told, with how many `more` there were. At `info` a pipeline that is well and keeps its leases
 * writes nothing. Never throws: a full disk under the log must not stop the pipeline.
 */
export function createLog({
  level,
  fields = {},
  write = toStderr(),
  clock = systemClock,
}: LogOptions): Observe {
  if (level === 'silent') return () => {}
  const least = levels.indexOf(level)
  const repeats = new Repeats(clock)
  const tell = (its: Level | undefined, { type, ...rest }: Told) => {
    if (its === undefined || levels.indexOf(its) < least) return
    const time = new Date(clock.now()).toISOString()
    try {
      write(JSON.stringify({ time, level: its, event: type, ...fields, ...rest }, brief))
    } catch {
      // There is nobody left to tell.
    }
  }
  return event => {
    const { told, more, over } = repeats.hear(event)
    for (const end of over) tell('info', { type: 'failures-over', ...end })
    if (told) tell(levelOf(event), more === 0 ? event : { ...event, more })
  }
}

/** An event, or what the log itself has to say. */
type Told = { readonly type: string; readonly [field: string]: unknown }

/** Numbers for people, and no list that grows with the load. */
function brief(key: string, value: unknown): unknown {
  if (key === 'latenciesMs' || key === 'leases') return undefined
  if (typeof value === 'number' && !Number.isInteger(value)) return Number(value.toFixed(1))
  return value
}

/** How much an event matters; undefined: it is for counting only. */
export function levelOf(event: MillraceEvent): Level | undefined {
  if (event.type === 'batch-committed') return event.records === 0 ? undefined : 'debug'
  if (event.type === 'process-ended') return event.code === 0 ? 'info' : 'error'
  // Visitors who leave and robots that knock are the web's weather.
  if (event.type === 'request-refused') return event.status >= 500 ? 'warn' : 'debug'
  if (event.type === 'lifecycle-action') return event.result === 'failed' ? 'error' : 'info'
  if (event.type === 'circuit-changed') return event.state === 'open' ? 'warn' : 'info'
  if (event.type === 'lease-written') return event.result === 'failed' ? 'warn' : undefined
  return eventLevels[event.type]
}

type Plain = Exclude<
  MillraceEvent['type'],
  | 'batch-committed'
  | 'process-ended'
  | 'request-refused'
  | 'lease-written'
  | 'lifecycle-action'
  | 'circuit-changed'
>

const eventLevels: Readonly<Record<Plain, Level | undefined>> = {
  'lease-taken': 'info',
  'lease-released': 'info',
  'lease-lost': 'warn',
  'lease-asked': 'info',
  'lease-unreadable': 'error',
  'lease-readable': 'info',
  'leases-scanned': undefined,
  'shard-started': 'info',
  'shard-ended': 'info',
  'shard-failed': 'error',
  'pii-too-large': 'error',
  'failed-too-large': 'warn',
  'records-misrouted': 'warn',
  'copies-dropped': 'debug',
  'keys-forgotten': 'warn',
  'batch-read': undefined,
  'recovery-started': 'info',
  'recovery-looked': 'info',
  'recovery-done': 'info',
  'recovery-skipped': 'error',
  'put-unknown': 'warn',
  'fence-closed': 'warn',
  'thread-restarted': 'warn',
  'iglu-outage': 'warn',
  'iglu-recovered': 'info',
  'asset-updated': 'info',
  'asset-failed': 'error',
  'asset-recovered': 'info',
  'outside-failed': 'warn',
  'enrichments-measured': undefined,
  'collector-ready': 'info',
  'collector-draining': 'info',
  'collector-stopped': 'info',
  'request-accepted': 'debug',
  'request-ignored': 'debug',
  'request-bounced': 'debug',
  'request-too-large': 'warn',
  'redirect-unrecorded': 'warn',
  'collector-batch-written': 'debug',
  'collector-sink-failed': 'error',
  'worker-ready': 'info',
  'worker-draining': 'info',
  'worker-stopped': 'info',
  'instance-watched': 'info',
  // As usual as can be outside of EC2.
  'instance-unwatched': 'debug',
  'instance-notice': 'warn',
  'monitoring-ready': 'info',
  metric: 'info',
  'metrics-failed': 'warn',
  'metrics-recovered': 'info',
  'configuration-warning': 'warn',
  'records-expired': 'error',
  bug: 'error',
}

let listening = false

function toStderr(): (line: string) => void {
  // A reader that has gone away (EPIPE) or a full disk is reported as an event, which would end the process.
  if (!listening) process.stderr.on('error', () => {})
  listening = true
  return text => {
    process.stderr.write(`${text}\n`)
  }
}
