import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { messageOf, MillraceError } from '../../lib/index.ts'

// No try again makes a directory out of a file, or gives a right.
const hopeless = new Set(['EEXIST', 'ENOTDIR', 'ENOENT', 'EACCES', 'EPERM', 'EROFS'])

/**
 * Makes a directory and those above it, unless they are there. Level by level: Node's own recursive call never returns
 * where the system refuses with ENOENT, as /proc does. Throws a MillraceError that says what to do.
 */
export function makeDirectory(path: string): void {
  const directory = resolve(path)
  if (isDirectory(directory)) return
  if (dirname(directory) !== directory) makeDirectory(dirname(directory))
  try {
    mkdirSync(directory)
  } catch (error) {
    // Another process may have been first.
    if (isDirectory(directory)) return
    throw refusal(directory, error)
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function refusal(directory: string, cause: unknown): MillraceError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const why = code === 'EEXIST' ? 'a file is in its place' : messageOf(cause)
  const message = `cannot make the directory ${directory}: ${why}; name another one with --directory or embedded.directory`
  return new MillraceError('store', message, { retryable: !hopeless.has(code), cause })
}
