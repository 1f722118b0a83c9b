import { Worker } from 'node:worker_threads'
import type { Limits, Program } from './sandbox.ts'

export interface Rehearsal {
  readonly program: Program
  readonly limits: Limits
}

// A machine that is busy with others is nobody's fault.
const patienceMs = 10_000

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
const threadProgram = new URL(`./rehearsal-thread.${extension}`, import.meta.url)

/**
 * Whether a script's top level comes to an end, tried in a thread that can be ended: some built-in functions of QuickJS
 * do not ask whether to go on, and the caller's thread could then do nothing any more, not even stop.
 */
export async function endsByItself(rehearsal: Rehearsal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const thread = new Worker(threadProgram, { workerData: rehearsal })
  let deadline: NodeJS.Timeout | undefined
  thread.on('message', (message: 'begun' | 'over') => {
    if (message === 'over') return resolve(true)
    deadline = setTimeout(() => resolve(false), rehearsal.limits.timeoutMs + patienceMs)
  })
  // Whatever ended the thread, it was not a script that goes on for ever.
  thread.once('error', () => resolve(true)).once('exit', () => resolve(true))
  try {
    return await promise
  } finally {
    clearTimeout(deadline)
    await thread.terminate()
  }
}
