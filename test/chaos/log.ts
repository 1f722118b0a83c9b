import { existsSync, readFileSync } from 'node:fs'
import type { Program } from './process.ts'

/** What a process said about one shard, by its own clock: that of this machine. */
export interface LogLine {
  /** ms since the epoch. */
  readonly at: number
  readonly process: string
  readonly event: string
  readonly shardId: string
  /** Of `lease-released`. */
  readonly reason: string
  /** Of `shard-started`: where it begins; of `batch-committed`: how far it came. */
  readonly position: string
  /** Of `batch-committed`. */
  readonly records: number
  /** Of `lease-taken`. */
  readonly epoch: number
  /** Anything that went wrong. */
  readonly error: string
}

/** What all of these processes logged, in order. A line that a SIGKILL cut off is left out. */
export function readLogs(programs: readonly Program[]): LogLine[] {
  return programs.flatMap(readLog).sort((a, b) => a.at - b.at)
}

function readLog({ name, logPath }: Program): LogLine[] {
  if (!existsSync(logPath)) return []
  const lines = readFileSync(logPath, 'utf8').split('\n')
  return lines.flatMap(line => {
    const parsed = parse(line)
    return parsed === undefined ? [] : [{ ...parsed, process: name }]
  })
}

function parse(line: string): Omit<LogLine, 'process'> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const fields: Readonly<Record<string, unknown>> = JSON.parse(line)
    const textOf = (name: string) => (typeof fields[name] === 'string' ? fields[name] : '')
    return {
      at: Date.parse(textOf('time')),
      event: textOf('event'),
      shardId: textOf('shardId'),
      reason: textOf('reason'),
      position: textOf('position'),
      records: Number(fields['records'] ?? 0),
      epoch: Number(fields['epoch'] ?? 0),
      error: textOf('error'),
    }
  } catch {
    return undefined
  }
}
