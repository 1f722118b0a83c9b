// The program of a rehearsal: opens one script once, and tells when it begins and when that is over.
import { parentPort, workerData } from 'node:worker_threads'
import { quickjs } from './quickjs.ts'
import type { Rehearsal } from './rehearsal.ts'
import { ScriptFault } from './sandbox.ts'

const { program, limits }: Rehearsal = workerData
parentPort?.postMessage('begun', [])
try {
  const sandbox = await quickjs.open(program, limits)
  sandbox.close()
} catch (error) {
  // What is wrong with the script is told by whoever opens it next.
  if (!(error instanceof ScriptFault)) throw error
}
parentPort?.postMessage('over', [])
