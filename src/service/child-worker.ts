// A worker in a process of its own, started by `startWorkerProcess`: takes its configuration by message, sends its
// events back, drains on SIGTERM and when its parent is gone.
import type { Config } from '../config/index.ts'
import { messageOf, MillraceError, systemClock, type ErrorCode } from '../lib/index.ts'
import type { MillraceEvent } from '../observe/index.ts'
import { killAfterMs, orphanDrainMs } from './drain-time.ts'
import type { Documents } from './running.ts'
import { startWorker, type RunningWorker } from './worker.ts'

export interface WorkerOrders {
  readonly config: Config
  readonly documents: Documents
}

export type WorkerReport = { readonly event: MillraceEvent } | { readonly started: true } | WorkerRefusal

/** Why it did not start, and whether it may another time. */
export interface WorkerRefusal {
  readonly refused: string
  readonly code: ErrorCode
  readonly retryable: boolean
}

function report(message: WorkerReport): void {
  // The parent may be gone: then nobody listens, and that is all.
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

const observe = (event: MillraceEvent): void => report({ event })

let running: Promise<RunningWorker> | undefined

process.once('message', ({ config, documents }: WorkerOrders) => {
  running = startWorker(config, documents, { clock: systemClock, observe })
  running.then(
    () => report({ started: true }),
    (error: unknown) => {
      const { code, retryable } =
        error instanceof MillraceError ? error : { code: 'config' as const, retryable: false }
      report({ refused: messageOf(error), code, retryable })
      process.exitCode = 78
      process.disconnect()
    },
  )
})

async function stop(reason: string, drainMs?: number): Promise<void> {
  try {
    await (await running)?.stop(reason, drainMs)
  } finally {
    process.exit()
  }
}

process.on('SIGTERM', () => void stop('SIGTERM'))
// Ctrl-C in a terminal reaches the whole group; the parent decides what stops when.
process.on('SIGINT', () => {})
process.on('disconnect', () => {
  void stop('the parent process is gone', orphanDrainMs)
  // Nobody is left who would end a process whose start or drain hangs: its leases expire, and nothing is committed by half.
  setTimeout(() => process.exit(), orphanDrainMs + killAfterMs)
})
