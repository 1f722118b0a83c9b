import { createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import { messageOf } from '../lib/index.ts'
import { CommandError, exitCodes, OutputClosed } from './exit.ts'

// One write per 64 KiB: a call to the system for each line would take longer than making it.
const flushBytes = 64 * 1024

/** Lines to a file or to standard output. Memory is bounded: a slow reader slows the writer down. */
export class LineOutput {
  readonly #stream: Writable
  readonly #name: string
  #pending = ''
  #failed: Error | undefined

  constructor(stream: Writable, name: string) {
    this.#stream = stream
    this.#name = name
    stream.on('error', error => (this.#failed ??= error))
  }

  /** Keeps the line for a while; see `flush`. */
  async line(text: string): Promise<void> {
    this.#pending += `${text}\n`
    if (this.#pending.length >= flushBytes) await this.flush()
  }

  /** Resolves when everything was taken. Throws OutputClosed when the reader has gone away. */
  async flush(): Promise<void> {
    const text = this.#pending
    this.#pending = ''
    if (text !== '' && this.#failed === undefined)
      await new Promise<void>(resolve => this.#stream.write(text, () => resolve()))
    if (this.#failed !== undefined) throw this.#problem(this.#failed)
  }

  async close(): Promise<void> {
    await this.flush()
    await new Promise<void>(resolve => this.#stream.end(() => resolve()))
    if (this.#failed !== undefined) throw this.#problem(this.#failed)
  }

  #problem(error: Error): Error {
    const code = 'code' in error ? error.code : undefined
    if (code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED') return new OutputClosed()
    const message = `writing to ${this.#name} failed (${messageOf(error)}); free some space or choose another place`
    return new CommandError(exitCodes.io, message, error)
  }
}

export function standardOutput(): LineOutput {
  return new LineOutput(process.stdout, 'standard output')
}

/** A file that comes into being with its first line, in place of an older one. */
export class LazyFile {
  readonly path: string
  #output: LineOutput | undefined

  constructor(path: string) {
    this.path = path
  }

  async line(text: string): Promise<void> {
    this.#output ??= new LineOutput(createWriteStream(this.path), this.path)
    await this.#output.line(text)
  }

  async close(): Promise<void> {
    await this.#output?.close()
  }
}
