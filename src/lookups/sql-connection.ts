import { Socket } from 'node:net'
import type { SqlRows, SqlValue } from '../core/index.ts'
import { messageOf } from '../lib/index.ts'
import { OutsideFailure } from './circuit.ts'

/** A connection of a pool while one question has it. */
export interface SqlConnection {
  /** What it speaks through. */
  readonly socket: Socket | undefined
  /** The statement with these values. */
  execute(values: readonly SqlValue[]): Promise<SqlRows | { readonly error: string }>
  /** What an error that `execute` threw is about. */
  blame(error: unknown): Blame
  /** Gives it back to the pool. */
  release(): void
  /** Breaks it off, whatever it is doing, and takes it out of the pool. */
  destroy(): void
}

/** `connection`: the outside, and the connection is of no more use. */
export type Blame = 'question' | 'outside' | 'connection'

// An event cannot carry them, and a thread would not survive many of them.
const maxAnswerMib = 16

const tooLarge = { error: `the query gave more than ${maxAnswerMib} MiB` }

/** One question over a connection of its own. As `query` of a pool. */
export async function ask(
  connect: () => Promise<SqlConnection>,
  values: readonly SqlValue[],
  signal: AbortSignal,
): Promise<SqlRows | { readonly error: string }> {
  const connection = await connect().catch((error: unknown) => {
    throw databaseFailure(error)
  })
  let kept = true
  const end = () => {
    if (kept) connection.destroy()
    kept = false
  }
  const meter = new AnswerMeter(connection.socket, end)
  signal.addEventListener('abort', end, { once: true })
  try {
    // Aborted while it connected: nobody waits for the answer any more.
    return signal.aborted ? { error: 'aborted' } : await connection.execute(values)
  } catch (error) {
    if (meter.exceeded) return tooLarge
    const blamed = connection.blame(error)
    if (blamed === 'question') return { error: messageOf(error) }
    if (blamed === 'connection') end()
    throw databaseFailure(error)
  } finally {
    meter.stop()
    signal.removeEventListener('abort', end)
    if (kept) connection.release()
  }
}

function databaseFailure(error: unknown): OutsideFailure {
  return new OutsideFailure(`the database cannot be asked: ${messageOf(error)}`)
}

// Between two looks at how much came in. A driver takes a few MB in this time.
const lookMs = 20

/** Looks at how much comes in for one answer, because drivers hold all of it before they give any. */
class AnswerMeter {
  exceeded = false
  readonly #timer: NodeJS.Timeout

  /** `end` is called when it is too much. */
  constructor(socket: Socket | undefined, end: () => void) {
    const before = socket?.bytesRead ?? 0
    this.#timer = setInterval(() => {
      if ((socket?.bytesRead ?? 0) - before <= maxAnswerMib * 1024 * 1024) return
      this.exceeded = true
      this.stop()
      end()
    }, lookMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

/** What a connection of a driver speaks through: both drivers have it at `connection.stream`. */
export function socketOf(client: object): Socket | undefined {
  const connection = 'connection' in client ? client.connection : undefined
  if (typeof connection !== 'object' || connection === null || !('stream' in connection)) return undefined
  return connection.stream instanceof Socket ? connection.stream : undefined
}
