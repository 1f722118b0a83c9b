import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileVersion } from './file-version.ts'
import { sharedBytes } from './shared-bytes.ts'

/** A file that was found good, and which version of it that is. */
export interface KeptFile {
  readonly bytes: Uint8Array
  readonly version: FileVersion
}

/** A directory that keeps the last good version of each file, so that a start survives an outage of where they are. */
export class DiskCache {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Null for what is not there, or not whole. */
  async read(uri: string): Promise<KeptFile | null> {
    try {
      const file = await readFile(this.#path(uri))
      const end = file.indexOf(10)
      const head: unknown = JSON.parse(file.toString('utf8', 0, end))
      const bytes = file.subarray(end + 1)
      return isHead(head) && head.uri === uri && head.size === bytes.length
        ? { bytes: sharedBytes([bytes]), version: head.version }
        : null
    } catch {
      return null
    }
  }

  /** Other processes may write the same: each replaces the whole file at once. */
  async write(uri: string, { bytes, version }: KeptFile): Promise<void> {
    await mkdir(this.#directory, { recursive: true })
    const path = this.#path(uri)
    const written = `${path}.${randomUUID()}`
    const head = `${JSON.stringify({ uri, version, size: bytes.byteLength } satisfies Head)}\n`
    try {
      await writeFile(written, Buffer.concat([Buffer.from(head), bytes]), { mode: 0o600, flush: true })
      await rename(written, path)
    } catch (error) {
      await rm(written, { force: true })
      throw error
    }
  }

  #path(uri: string): string {
    return join(this.#directory, `${createHash('sha256').update(uri).digest('hex').slice(0, 32)}.asset`)
  }
}

/** The first line of a kept file. */
interface Head {
  readonly uri: string
  readonly version: FileVersion
  readonly size: number
}

function isHead(value: unknown): value is Head {
  return (
    typeof value === 'object' && value !== null && 'uri' in value && 'version' in value && 'size' in value
  )
}
