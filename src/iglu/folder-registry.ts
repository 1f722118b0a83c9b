import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../lib/index.ts'
import {
  maxSchemaBytes,
  notFound,
  parseSchemaText,
  type Registry,
  type RegistryAnswer,
  type RegistryPlace,
  schemaPath,
} from './registry.ts'
import type { SchemaKey } from './schema-key.ts'

/** Schemas as files in a folder: `<folder>/schemas/vendor/name/format/version`, or the same without `schemas`. */
export class FolderRegistry implements Registry {
  readonly name: string
  readonly classPriority = 50
  readonly priority: number
  readonly vendorPrefixes: readonly string[]
  readonly #folder: string

  constructor(place: RegistryPlace, folder: string) {
    this.name = place.name
    this.priority = place.priority ?? 0
    this.vendorPrefixes = place.vendorPrefixes ?? []
    this.#folder = folder
  }

  async lookup(key: SchemaKey): Promise<RegistryAnswer> {
    const path = schemaPath(key)
    if (path === undefined) return notFound
    const answer = await readSchemaFile(join(this.#folder, 'schemas', path))
    return answer.kind === 'notFound' ? readSchemaFile(join(this.#folder, path)) : answer
  }
}

const absent = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG'])

async function readSchemaFile(path: string): Promise<RegistryAnswer> {
  try {
    // To open a pipe without a writer would take for ever otherwise.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stat = await file.stat()
    if (stat.isDirectory()) return notFound
    if (!stat.isFile()) return refused('The schema is not a regular file')
    const text = await readAtMost(file, maxSchemaBytes + 1)
    if (text.byteLength > maxSchemaBytes) return refused(`The schema has more than ${maxSchemaBytes} bytes`)
    return parseSchemaText(text.toString('utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && absent.has(String(error.code))) return notFound
    return { kind: 'down', scope: 'schema', message: messageOf(error) }
  }
}

/** Whatever size a file says it has: it may grow while it is read. */
async function readAtMost(file: FileHandle, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  // The options count from 0 to the last byte, that one included.
  for await (const chunk of file.createReadStream({ start: 0, end: maxBytes - 1, autoClose: false }))
    chunks.push(chunk)
  return Buffer.concat(chunks)
}

function refused(message: string): RegistryAnswer {
  return { kind: 'refused', error: 'RepoFailure', message }
}
