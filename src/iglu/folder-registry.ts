import { open } from 'node:fs/promises'
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
    await using file = await open(path, 'r')
    const { size } = await file.stat()
    if (size > maxSchemaBytes) {
      return {
        kind: 'refused',
        error: 'RepoFailure',
        message: `The schema has more than ${maxSchemaBytes} bytes`,
      }
    }
    return parseSchemaText(await file.readFile('utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && absent.has(String(error.code))) return notFound
    return { kind: 'down', scope: 'schema', message: messageOf(error) }
  }
}
