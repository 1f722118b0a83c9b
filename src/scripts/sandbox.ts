import { columns } from '../core/index.ts'
import { guest } from './guest.ts'

/** What runs in one sandbox. */
export interface Program {
  readonly source: string
  /** JSON text. */
  readonly parameters: string
}

export interface Limits {
  /** One call may take so long. */
  readonly timeoutMs: number
  readonly memoryBytes: number
}

/** One script in a world of its own, with no way out of it but the texts of its calls. */
export interface Sandbox {
  /** Calls the script for one event. Throws a ScriptFault when it had to be stopped or broke its bridge. */
  call(row: string, headers: string, timeoutMs: number): string
  close(): void
}

/** Makes sandboxes. */
export interface Engine {
  /** Rejects with a ScriptFault when the script cannot be compiled or has no function `process`. */
  open(program: Program, limits: Limits): Promise<Sandbox>
}

/** What a script did wrong, in words for whoever wrote it. */
export class ScriptFault extends Error {
  /** It took too much time or memory. */
  readonly stopped: boolean
  /** The sandbox cannot be used any more. */
  readonly broken: boolean

  constructor(message: string, { stopped = false, broken = false } = {}) {
    super(message.slice(0, maxMessageLength))
    this.stopped = stopped
    this.broken = broken
  }
}

// What a script throws may be as long as its memory.
const maxMessageLength = 1000

// More than the largest record that a stream takes.
const maxReplyLength = 2 * 1024 * 1024

/** The text of an expression that makes the bridge. */
export function bridge({ parameters }: Program): string {
  const table = columns.map(([name, type]) => [name, type])
  return `(${guest.toString()})(${JSON.stringify(table)}, ${JSON.stringify(parameters)}, ${maxReplyLength})`
}

/** Gives the script's function, or what else has its name. */
export const findProcess = `typeof process === 'function' ? process : undefined`
export const noProcess = 'there is no function process in it'

/** Nobody knows what it had changed when it was stopped: the next event gets a new sandbox. */
export function tookTooLong(ms: number): ScriptFault {
  return new ScriptFault(`it took longer than ${ms} ms and was stopped`, { stopped: true, broken: true })
}

export function tookTooMuch({ memoryBytes }: Limits): ScriptFault {
  const message = `it took more than ${Math.round(memoryBytes / 1024 / 1024)} MiB of memory and was stopped`
  return new ScriptFault(message, { stopped: true, broken: true })
}
