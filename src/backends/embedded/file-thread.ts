import { parentPort, workerData } from 'node:worker_threads'
import { freeBuffer, messageOf, MillraceError } from '../../lib/index.ts'
import { HeartbeatFile } from './heartbeat-file.ts'
import { LogFile } from './log-file.ts'
import { FileGone, resultCode } from './sqlite-file.ts'
import type { Answer, Failure, Question, ThreadOptions } from './thread.ts'

// The thread that owns one file. It answers one question after another, and watches the file while a reader waits.

// A reader waits for a new record no longer than the time between two looks. Looking costs about 10 µs.
const busyLookMs = 3
const idleLookMs = 40
const slowdown = 1.2

const goneAdvice = 'stop every process that uses it, and start them again'

const port = parentPort ?? refuse()
const options = workerData as ThreadOptions

type File = LogFile | HeartbeatFile
let file: File | undefined
let lookMs = busyLookMs
let looking: NodeJS.Timeout | undefined

port.on('message', (question: Question) => {
  if (question.method === 'close') return close()
  if (question.method === 'watch') return watch()
  if (question.method === 'unwatch') return unwatch()
  const { answer, transfer } = reply(question)
  question.buffers?.forEach(freeBuffer)
  port.postMessage(answer, transfer)
  if (looking !== undefined) look()
})

/** Opened by the first question, so that what goes wrong is its answer. */
function opened(): File {
  file ??= options.kind === 'log' ? new LogFile(options) : new HeartbeatFile(options)
  return file
}

function reply({ id, method, values }: Question): { answer: Answer; transfer: ArrayBuffer[] } {
  try {
    const file = opened()
    file.checkPlace()
    const value = callable(file, method)(...values)
    // It may have waited for a lock meanwhile.
    file.checkPlace()
    return { answer: { id, value }, transfer: buffersOf(value) }
  } catch (error) {
    return { answer: { id, error: failure(error) }, transfer: [] }
  }
}

function failure(error: unknown): Failure {
  const message = messageOf(error)
  if (error instanceof MillraceError) return { message, code: error.code, retryable: error.retryable }
  if (error instanceof FileGone) return { message, retryable: true, advice: goneAdvice }
  const code = resultCode(error)
  if (code !== undefined) return { message, retryable: true, resultCode: code }
  // The system refused something, such as making the directory.
  if (error instanceof Error && 'syscall' in error) return { message, retryable: true }
  return error instanceof Error && error.stack !== undefined ? { message, stack: error.stack } : { message }
}

function callable(file: File, method: string): (...values: unknown[]) => unknown {
  const found: unknown = Reflect.get(file, method)
  if (typeof found !== 'function') throw new Error(`no method ${method}`)
  return (...values) => Reflect.apply(found, file, values)
}

/** What a read brings is moved to the main thread, not copied. */
function buffersOf(value: unknown): ArrayBuffer[] {
  if (typeof value !== 'object' || value === null || !('rows' in value) || !Array.isArray(value.rows))
    return []
  return value.rows.map((row: { frames: Uint8Array<ArrayBuffer> }) => row.frames.buffer)
}

function watch(): void {
  lookMs = busyLookMs
  if (looking === undefined) look()
}

function unwatch(): void {
  clearTimeout(looking)
  looking = undefined
}

/** Looks more and more seldom while nothing happens. */
function look(): void {
  clearTimeout(looking)
  const changed = changes()
  if (changed.length > 0) port.postMessage({ changed })
  lookMs = changed.length > 0 ? busyLookMs : Math.min(idleLookMs, lookMs * slowdown)
  looking = setTimeout(look, lookMs)
}

function changes() {
  try {
    return opened().changes()
  } catch {
    // Readers look by themselves now and then, and will tell what is wrong.
    return []
  }
}

function close(): void {
  unwatch()
  try {
    file?.close()
  } finally {
    port.close()
  }
}

function refuse(): never {
  throw new Error('this file runs in a worker thread only')
}
