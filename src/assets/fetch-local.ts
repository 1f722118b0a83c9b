import { open, type FileHandle } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../lib/index.ts'
import { assetError } from './failure.ts'
import type { Fetched, FetchLimits, FileVersion } from './file-version.ts'
import { sharedBytes } from './shared-bytes.ts'

/** A file of this machine: a path, or a `file:` URI; `bundled:` names a file of a package that comes with this program. */
export async function fetchLocal(uri: string, known: FileVersion, limits: FetchLimits): Promise<Fetched> {
  const file = await openFile(uri)
  try {
    return await read(uri, file, known, limits)
  } finally {
    await file.close()
  }
}

async function openFile(uri: string): Promise<FileHandle> {
  try {
    return await open(pathOf(uri))
  } catch (cause) {
    throw assetError(uri, `cannot be opened (${messageOf(cause)})`, { retryable: false, cause })
  }
}

function pathOf(uri: string): string {
  if (uri.startsWith('bundled:')) return fileURLToPath(import.meta.resolve(uri.slice('bundled:'.length)))
  return uri.startsWith('file:') ? fileURLToPath(uri) : uri
}

async function read(
  uri: string,
  file: FileHandle,
  known: FileVersion,
  limits: FetchLimits,
): Promise<Fetched> {
  const { maxBytes } = limits
  const stats = await file.stat()
  if (!stats.isFile()) throw assetError(uri, 'is no file', { retryable: false })
  if (stats.size > maxBytes) throw assetError(uri, `has more than ${maxBytes} bytes`, { retryable: false })
  const etag = `${stats.ino}-${stats.size}-${stats.mtimeMs}`
  if (etag === known.etag) return { kind: 'same' }
  const bytes = await file.readFile()
  // It may have grown meanwhile.
  if (bytes.byteLength > maxBytes) throw assetError(uri, `has more than ${maxBytes} bytes`)
  return { kind: 'file', bytes: sharedBytes([bytes]), version: { etag } }
}
