import { createReadStream } from 'node:fs'
import { messageOf } from '../lib/index.ts'
import { CommandError, exitCodes, systemCode } from './exit.ts'

/** Where raw records come from, and how they are written down. */
export const inputFormats = ['auto', 'base64', 'binary', 'requests'] as const
export type InputFormat = (typeof inputFormats)[number]

export interface Piece {
  /** For messages: `payloads.txt:7`. */
  readonly place: string
  /** From 1. */
  readonly number: number
  readonly format: Exclude<InputFormat, 'auto'>
  readonly bytes: Uint8Array
}

/** Far beyond what a stream takes: a file in another format must not fill the memory. */
const maxPieceBytes = 64 * 1024 * 1024

/** `-` stands for standard input. */
export async function* readPieces(path: string, format: InputFormat): AsyncGenerator<Piece> {
  const name = nameOf(path)
  const reader = new ChunkReader(openInput(path), name)
  const known = format === 'auto' ? await sniff(reader) : format
  const pieces = known === 'binary' ? lengthPrefixed(reader) : lines(reader)
  let number = 0
  for await (const bytes of pieces) {
    number++
    if (bytes.length > 0) yield { place: `${name}:${number}`, number, format: known, bytes }
  }
}

/** The lines of a file, which end with a line feed and with nothing else: not with the separators of Unicode. */
export async function* readLines(path: string): AsyncGenerator<string> {
  for await (const line of lines(new ChunkReader(openInput(path), nameOf(path))))
    yield Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString('utf8')
}

function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path
}

function openInput(path: string): AsyncIterable<Uint8Array> {
  return path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 256 * 1024 })
}

/** A length of less than 16 MiB begins with a zero; JSON with a brace; base64 with neither. */
async function sniff(reader: ChunkReader): Promise<Exclude<InputFormat, 'auto'>> {
  const [first] = await reader.peek(1)
  if (first === 0) return 'binary'
  return first === 0x7b ? 'requests' : 'base64'
}

async function* lines(reader: ChunkReader): AsyncGenerator<Uint8Array> {
  for (;;) {
    const line = await reader.takeLine()
    if (line === undefined) return
    yield line.at(-1) === 0x0d ? line.subarray(0, -1) : line
  }
}

/** Each record after its length in four bytes, the highest first. */
async function* lengthPrefixed(reader: ChunkReader): AsyncGenerator<Uint8Array> {
  for (;;) {
    const head = await reader.take(4)
    if (head.length === 0) return
    const length = head.length === 4 ? Buffer.from(head).readUInt32BE() : 0
    if (head.length < 4 || length > maxPieceBytes)
      throw reader.broken(`no record can be ${head.length < 4 ? 'cut off' : `${length} bytes long`} here`)
    const bytes = await reader.take(length)
    if (bytes.length < length)
      throw reader.broken(`the last record has ${bytes.length} of its ${length} bytes`)
    yield bytes
  }
}

/** Takes bytes off a stream in pieces of any length, and holds no more than one piece and one chunk. */
class ChunkReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #name: string
  #held: Buffer = Buffer.alloc(0)
  /** Bytes before `#held`. */
  #passed = 0
  #ended = false

  constructor(stream: AsyncIterable<Uint8Array>, name: string) {
    this.#chunks = stream[Symbol.asyncIterator]()
    this.#name = name
  }

  /** Up to `length` bytes, without taking them. */
  async peek(length: number): Promise<Uint8Array> {
    const parts: Buffer[] = [this.#held]
    let held = this.#held.length
    while (held < length && !this.#ended) {
      const chunk = await this.#next()
      parts.push(chunk)
      held += chunk.length
    }
    if (parts.length > 1) this.#held = Buffer.concat(parts)
    return this.#held.subarray(0, length)
  }

  /** `length` bytes, fewer only at the end. */
  async take(length: number): Promise<Uint8Array> {
    return this.#drop(await this.peek(length), 0)
  }

  /** The bytes before the next line break; undefined at the end. */
  async takeLine(): Promise<Uint8Array | undefined> {
    const parts: Buffer[] = []
    let length = 0
    for (;;) {
      const end = this.#held.indexOf(0x0a)
      if (end >= 0) {
        parts.push(Buffer.from(this.#drop(this.#held.subarray(0, end), 1)))
        return Buffer.concat(parts)
      }
      length += this.#held.length
      if (length > maxPieceBytes) throw this.broken(`a line is longer than ${maxPieceBytes} bytes`)
      parts.push(Buffer.from(this.#drop(this.#held, 0)))
      if (this.#ended) return length === 0 ? undefined : Buffer.concat(parts)
      this.#held = await this.#next()
    }
  }

  broken(cause: string): CommandError {
    const message = `${this.#name}: ${cause} (byte ${this.#passed}); is the file complete, and in the format that is expected?`
    return new CommandError(exitCodes.data, message)
  }

  #drop(bytes: Uint8Array, more: number): Uint8Array {
    this.#held = this.#held.subarray(bytes.length + more)
    this.#passed += bytes.length + more
    return bytes
  }

  async #next(): Promise<Buffer> {
    try {
      const { value, done } = await this.#chunks.next()
      if (done !== true) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      this.#ended = true
      return Buffer.alloc(0)
    } catch (error) {
      if (systemCode(error) === undefined) throw error
      throw new CommandError(
        exitCodes.noInput,
        `reading ${this.#name} failed (${messageOf(error)}); check its name and that it may be read`,
        error,
      )
    }
  }
}
