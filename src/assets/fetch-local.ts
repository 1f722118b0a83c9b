import { constants, type Stats } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../lib/index.ts'
import { assetError, tooLarge } from './failure.ts'
import { endOf, type FetchLimits } from './fetch-limits.ts'
import type { Fetched, FileVersion } from './file-version.ts'
import { sharedBytes } from './shared-bytes.ts'

/** A file of this machine: a path, or a `file:` URI; `bundled:` names a file of a package that comes with this program. */
export async function fetchLocal(uri: string, known: FileVersion, limits: FetchLimits): Promise<Fetched> {
  const reading = openAndRead(uri, known, limits)
  reading.catch(() => {})
  return await Promise.race([reading, outOfTime(uri, limits)])
}

/** Rejects when the time is over: a file of another machine may take for ever, and nothing can end that. */
function outOfTime(uri: string, limits: FetchLimits): Promise<never> {
  const over = endOf(limits)
  return new Promise((_, reject) => {
    const end = () => reject(assetError(uri, `could not be read within ${limits.timeoutMs} ms`))
    if (over.aborted) end()
    else over.addEventListener('abort', end, { once: true })
  })
}

async function openAndRead(uri: string, known: FileVersion, limits: FetchLimits): Promise<Fetched> {
  const file = await openFile(uri)
  try {
    return await read(uri, file, known, limits)
  } finally {
    await file.close()
  }
}

async function openFile(uri: string): Promise<FileHandle> {
  try {
    // A named pipe opens at once then, to be refused, and not when somebody writes to it.
    return await open(pathOf(uri), constants.O_RDONLY | constants.O_NONBLOCK)
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
  if (stats.size > maxBytes) throw tooLarge(uri, maxBytes)
  const etag = versionOf(stats)
  if (etag === known.etag) return { kind: 'same' }
  const bytes = await file.readFile()
  // Half of the old file and half of the new one may look whole.
  if (bytes.byteLength !== stats.size || versionOf(await file.stat()) !== etag)
    throw assetError(uri, 'was changed while it was read; better put a new file in its place by renaming it')
  return { kind: 'file', bytes: sharedBytes([bytes]), version: { etag } }
}

function versionOf({ ino, size, mtimeMs }: Stats): string {
  return `${ino}-${size}-${mtimeMs}`
}
