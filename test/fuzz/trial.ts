import { setTimeout as sleep } from 'node:timers/promises'
import type { RawRecord } from '../../src/core/index.ts'
import { messageOf } from '../../src/lib/index.ts'

/** Longer than all calls of a payload may take together. */
const patienceMs = 30_000

export function recordOf(data: Uint8Array, number: number): RawRecord {
  const origin = { stream: 'raw', shardId: 'shardId-000000000001', sequence: String(number), subSequence: 0 }
  return { data, origin, processedAt: 1_767_225_600_000 }
}

/** Rejects when nothing comes. */
export async function inTime<T>(work: T | Promise<T>): Promise<T> {
  if (!(work instanceof Promise)) return work
  const over = new AbortController()
  const late = sleep(patienceMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`no end after ${patienceMs} ms`)
  })
  late.catch(() => {})
  return await Promise.race([work, late]).finally(() => over.abort())
}

export function describe(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '').split('\n').slice(1, 5) : []
  return [messageOf(error).slice(0, 500), ...stack.map(line => line.trim())].join(' ')
}
