import { MillraceError } from '../lib/index.ts'

/** Resolves with the name of the first SIGINT or SIGTERM. A second one ends the process at once. */
export async function stopSignal(): Promise<NodeJS.Signals> {
  return await new Promise(resolve => {
    let asked = false
    const onSignal = (signal: NodeJS.Signals) => {
      // 128 + 2: what shells report for a program that SIGINT ended.
      if (asked) process.exit(130)
      asked = true
      resolve(signal)
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
}

/** Aborts with the first SIGINT or SIGTERM. */
export function abortOnSignal(): AbortSignal {
  const controller = new AbortController()
  void stopSignal().then(() => controller.abort())
  return controller.signal
}

/** What was started; undefined when it had not come so far before the process was told to stop: nothing is to be drained. */
export async function unlessStopped<T>(stopping: AbortSignal, start: Promise<T>): Promise<T | undefined> {
  try {
    return await start
  } catch (error) {
    if (stopping.aborted && error instanceof MillraceError && error.retryable) return undefined
    throw error
  }
}
