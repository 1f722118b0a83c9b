import { createRequire } from 'node:module'
import { messageOf, MillraceError } from '../lib/index.ts'
import {
  bridge,
  findProcess,
  noProcess,
  ScriptFault,
  tookTooLong,
  tookTooMuch,
  type Engine,
  type Limits,
  type Program,
  type Sandbox,
} from './sandbox.ts'

/*
 * V8 itself, in an isolate of its own. Faster than an interpreter, and its boundary is V8's: what leads out of it has
 * been found before. It is a native module that is there only where it could be installed.
 */

/** As much of the module as is used: its own types are there only where it is installed. */
interface Ivm {
  readonly Isolate: new (options: { readonly memoryLimit: number }) => Isolate
}

interface Isolate {
  readonly isDisposed: boolean
  createContextSync(): {
    evalSync(code: string, options: { timeout: number; reference?: true; filename?: string }): Reference
  }
  dispose(): void
}

interface Reference {
  readonly typeof: string
  derefInto(): unknown
  applySync(
    receiver: undefined,
    values: readonly unknown[],
    options: { timeout: number; result?: { reference: true } },
  ): unknown
}

function load(): Ivm {
  try {
    return createRequire(import.meta.url)('isolated-vm') as Ivm
  } catch (cause) {
    const message = `enrich.scripts.engine: isolated-vm is not installed here (${messageOf(cause)}); use quickjs, which always is`
    throw new MillraceError('config', message, { retryable: false, cause })
  }
}

export const isolatedVm: Engine = {
  open: async (program, limits) => new IsolateSandbox(load(), program, limits),
}

// Less than this V8 does not take.
const leastMemoryMb = 8

const maxAttempts = 10

class IsolateSandbox implements Sandbox {
  readonly #isolate: Isolate
  readonly #limits: Limits
  readonly #call: Reference

  constructor(ivm: Ivm, program: Program, limits: Limits) {
    this.#limits = limits
    const memoryLimit = Math.max(leastMemoryMb, Math.floor(limits.memoryBytes / 1024 / 1024))
    this.#isolate = new ivm.Isolate({ memoryLimit })
    const context = this.#isolate.createContextSync()
    // By the wall clock, and a machine is busy while much starts.
    const timeout = limits.timeoutMs * 10
    this.#call = this.#run(timeout, () => {
      const bind = context.evalSync(bridge(program), { timeout, reference: true })
      context.evalSync(program.source, { timeout, filename: 'script.js' })
      const process = context.evalSync(findProcess, { timeout, reference: true })
      if (process.typeof !== 'function') throw new ScriptFault(noProcess)
      const options = { timeout, result: { reference: true } } as const
      return bind.applySync(undefined, [process.derefInto()], options) as Reference
    })
  }

  call(row: string, headers: string, timeoutMs: number): string {
    const reply = this.#patiently(timeoutMs, () =>
      this.#run(timeoutMs, () => this.#call.applySync(undefined, [row, headers], { timeout: timeoutMs })),
    )
    return typeof reply === 'string' ? reply : ''
  }

  close(): void {
    if (!this.#isolate.isDisposed) this.#isolate.dispose()
  }

  /** V8 measures by the wall clock. On a machine that is busy with others that is not the script's fault: it goes again. */
  #patiently<T>(timeoutMs: number, work: () => T): T {
    const began = process.threadCpuUsage()
    for (let attempt = 1; ; attempt++) {
      try {
        return work()
      } catch (error) {
        const { user, system } = process.threadCpuUsage(began)
        const spent = (user + system) / 1000 >= timeoutMs / 2
        const mayGoOn = error instanceof ScriptFault && error.stopped && !this.#isolate.isDisposed
        if (!mayGoOn || spent || attempt === maxAttempts) throw error
      }
    }
  }

  #run<T>(timeoutMs: number, work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (error instanceof ScriptFault) throw error
      if (this.#isolate.isDisposed) throw tookTooMuch(this.#limits)
      const message = messageOf(error)
      if (message === 'Script execution timed out.') throw tookTooLong(timeoutMs)
      throw new ScriptFault(message)
    }
  }
}
