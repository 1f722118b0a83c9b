import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { JSException, MAX_STACK_SIZE, QuickJS, type JSValueHandle, type QuickJSOptions } from 'quickjs-wasi'
import { messageOf } from '../lib/index.ts'
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
 * QuickJS, compiled to WebAssembly: it has no way to this process but what it is handed, which is text, and its memory is
 * an array of ours. Its loops and regular expressions ask whether to go on; some of its built-in functions do not, and
 * for those there is the time limit of a thread's batch.
 */

type CompiledEngine = QuickJSOptions['wasm']

// Every Node has it; its types come with those of browsers, which are not wanted here.
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: {
    compile(bytes: Uint8Array): Promise<CompiledEngine>
  }
}

let compiled: Promise<CompiledEngine> | undefined

/** Once for each thread. */
function compileEngine(): Promise<CompiledEngine> {
  const { resolve } = createRequire(import.meta.url)
  compiled ??= readFile(resolve('quickjs-wasi/quickjs.wasm')).then(bytes => WebAssembly.compile(bytes))
  return compiled
}

export const quickjs: Engine = {
  async open(program, limits) {
    const patience = new Patience()
    const vm = await QuickJS.create({
      wasm: await compileEngine(),
      memoryLimit: limits.memoryBytes,
      // A recursion that goes deeper is an error that the script can catch.
      maxStackSize: MAX_STACK_SIZE,
      interruptHandler: () => patience.over(),
      timezoneOffset: 0,
    })
    try {
      return new QuickJsSandbox(vm, program, { limits, patience })
    } catch (error) {
      vm.dispose()
      throw error
    }
  },
}

interface Bounds {
  readonly limits: Limits
  readonly patience: Patience
}

/** Whoever wrote the script is told the line, too. */
function evaluate(vm: QuickJS, source: string): JSValueHandle {
  try {
    return vm.evalCode(source, 'script.js')
  } catch (error) {
    if (!(error instanceof JSException)) throw error
    const [, line] = /script\.js:(\d+)/.exec(error.stack ?? '') ?? []
    throw line === undefined ? error : new Error(`${error.message}, in line ${line}`, { cause: error })
  }
}

class QuickJsSandbox implements Sandbox {
  readonly #vm: QuickJS
  readonly #call: JSValueHandle
  readonly #bounds: Bounds

  constructor(vm: QuickJS, program: Program, bounds: Bounds) {
    this.#vm = vm
    this.#bounds = bounds
    const bind = this.#run(bounds.limits.timeoutMs, () => vm.evalCode(bridge(program), 'millrace.js'))
    this.#run(bounds.limits.timeoutMs, () => {
      evaluate(vm, program.source)
      vm.executePendingJobs()
    })
    const process = this.#run(bounds.limits.timeoutMs, () => vm.evalCode(findProcess))
    if (process.isUndefined) throw new ScriptFault(noProcess)
    this.#call = this.#run(bounds.limits.timeoutMs, () => vm.callFunction(bind, vm.undefined, process))
  }

  call(row: string, headers: string, timeoutMs: number): string {
    const vm = this.#vm
    return this.#run(timeoutMs, () => {
      const handles = [vm.newString(row), vm.newString(headers)]
      try {
        const reply = vm.callFunction(this.#call, vm.undefined, ...handles)
        handles.push(reply)
        // What a script left to promises: nobody else runs it, and it would fill the memory.
        vm.executePendingJobs()
        const text = reply.toString()
        // Our own bridge caught it, as it catches what a script throws.
        if (text.startsWith('{"error":"InternalError: out of memory"')) throw tookTooMuch(this.#bounds.limits)
        return text
      } finally {
        for (const handle of handles) handle.dispose()
      }
    })
  }

  close(): void {
    this.#vm.dispose()
  }

  #run<T>(timeoutMs: number, work: () => T): T {
    const { patience, limits } = this.#bounds
    patience.begin(timeoutMs)
    try {
      return work()
    } catch (error) {
      if (error instanceof ScriptFault) throw error
      if (patience.exhausted) throw tookTooLong(timeoutMs)
      const message = messageOf(error)
      if (message.includes('out of memory') || message.includes('wasm_malloc')) throw tookTooMuch(limits)
      // A trap of WebAssembly, or the end of our own stack within it, leaves nobody knows what.
      const thrown = error instanceof JSException
      if (thrown) error.dispose()
      throw new ScriptFault(message, { broken: !thrown })
    } finally {
      patience.end()
    }
  }
}

/** For how long a script may go on: by processor time, for a machine that is busy with others is not its fault. */
class Patience {
  exhausted = false
  #timeoutMs = Infinity
  #cpu: NodeJS.CpuUsage | undefined

  begin(timeoutMs: number): void {
    this.exhausted = false
    this.#timeoutMs = timeoutMs
    this.#cpu = undefined
  }

  end(): void {
    this.#timeoutMs = Infinity
  }

  /** Asked every few thousand steps. The first time is soon enough to look at the clock, and most calls have none. */
  over(): boolean {
    if (this.#timeoutMs === Infinity) return this.exhausted
    if (this.#cpu === undefined) this.#cpu = process.threadCpuUsage()
    const { user, system } = process.threadCpuUsage(this.#cpu)
    this.exhausted ||= (user + system) / 1000 > this.#timeoutMs
    return this.exhausted
  }
}
