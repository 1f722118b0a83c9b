import type { Script, Scripts, ScriptReply } from '../core/index.ts'
import { messageOf, MillraceError } from '../lib/index.ts'
import { isolatedVm } from './isolate.ts'
import { javaUsed } from './java.ts'
import { quickjs } from './quickjs.ts'
import { endsByItself } from './rehearsal.ts'
import { ScriptFault, type Engine, type Limits, type Program, type Sandbox } from './sandbox.ts'

export const engineNames = ['quickjs', 'isolated-vm'] as const
export type EngineName = (typeof engineNames)[number]

export interface ScriptOptions extends Limits {
  readonly engine: EngineName
}

export const scriptDefaults: ScriptOptions = {
  engine: 'quickjs',
  timeoutMs: 500,
  memoryBytes: 64 * 1024 * 1024,
}

const engines: Readonly<Record<EngineName, Engine>> = { quickjs, 'isolated-vm': isolatedVm }

export interface OpenOptions {
  /** Nobody can end the caller's thread from outside: a script is tried in one of its own first. */
  readonly rehearse?: boolean
}

/** Scripts of people who configure this program, each in a sandbox of its own. */
export function openScripts(
  { engine, ...limits }: ScriptOptions = scriptDefaults,
  { rehearse = false }: OpenOptions = {},
): Scripts {
  /** By program: some scripts are compiled more than once. */
  const rehearsed = new Map<string, Promise<boolean>>()
  const ends = (program: Program) => {
    const key = JSON.stringify(program)
    const known = rehearsed.get(key) ?? endsByItself({ program, limits })
    rehearsed.set(key, known)
    return known
  }
  return {
    async compile(source, parameters) {
      const java = javaUsed(source)
      if (java !== undefined)
        throw refusal(`it uses ${java}: classes of Java cannot be offered here, only JavaScript`)
      const program = { source, parameters: JSON.stringify(parameters) }
      // The other engine can be stopped anywhere.
      if (rehearse && engine === 'quickjs' && !(await ends(program))) throw refusal(endless)
      return new SandboxedScript(
        engines[engine],
        program,
        limits,
        await open(engines[engine], program, limits),
      )
    },
  }
}

async function open(engine: Engine, program: Program, limits: Limits): Promise<Sandbox> {
  try {
    return await engine.open(program, limits)
  } catch (error) {
    if (error instanceof ScriptFault) throw refusal(error.message)
    throw error
  }
}

const endless =
  'its top level calls a built-in function that does not come to an end, and that nothing can stop but the end of its thread'

function refusal(why: string): MillraceError {
  const message = `Error compiling JavaScript function: [${why}]`
  return new MillraceError('config', message, { retryable: false })
}

// Far longer than a script takes that does what scripts are for.
const leastTimeoutMs = 20

/**
 * A script and its sandbox, which is made anew when it breaks.
 *
 * A script that was stopped gets half the time for its next call, and so on, until one ends by itself: a payload that
 * sends it into an endless loop a hundred times costs a few seconds, not a minute, and no other event.
 */
class SandboxedScript implements Script {
  readonly #engine: Engine
  readonly #program: Program
  readonly #limits: Limits
  /** Undefined when it broke: the next call makes a new one. */
  #sandbox: Sandbox | undefined
  #opening: Promise<unknown> | undefined
  #timeoutMs: number

  constructor(engine: Engine, program: Program, limits: Limits, sandbox: Sandbox) {
    this.#engine = engine
    this.#program = program
    this.#limits = limits
    this.#sandbox = sandbox
    this.#timeoutMs = limits.timeoutMs
  }

  call(row: string, headers: readonly string[]): ScriptReply | Promise<ScriptReply> {
    if (this.#sandbox !== undefined) return this.#call(this.#sandbox, row, JSON.stringify(headers))
    // Of those that wait for a sandbox, one may break it before the next one's turn: then that one waits again.
    return this.#reopen().then(
      () => this.call(row, headers),
      (error: unknown) => ({ error: messageOf(error) }),
    )
  }

  /** Calls that wait for the same sandbox share it. */
  #reopen(): Promise<unknown> {
    this.#opening ??= this.#engine
      .open(this.#program, this.#limits)
      .then(sandbox => (this.#sandbox = sandbox))
      .finally(() => (this.#opening = undefined))
    return this.#opening
  }

  #call(sandbox: Sandbox, row: string, headers: string): ScriptReply {
    try {
      const reply = sandbox.call(row, headers, this.#timeoutMs)
      this.#timeoutMs = this.#limits.timeoutMs
      return { reply }
    } catch (error) {
      if (!(error instanceof ScriptFault)) throw error
      if (error.stopped) this.#timeoutMs = Math.max(leastTimeoutMs, this.#timeoutMs / 2)
      if (error.broken && this.#sandbox === sandbox) {
        this.#sandbox = undefined
        sandbox.close()
      }
      return { error: error.message }
    }
  }
}
