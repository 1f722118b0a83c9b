import { closeSync, mkdirSync, openSync, statSync } from 'node:fs'
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
  if (enterable(directory)) return
  if (dirname(directory) !== directory) makeDirectory(dirname(directory))
  try {
    mkdirSync(directory)
  } catch (error) {
    // Another process may have been first.
    if (isDirectory(directory)) return
    throw refusal('make', directory, error)
  }
}

/** Makes an empty file. Where nobody may, throws a MillraceError that says what to do; SQLite would not tell why. */
export function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx'))
  } catch (error) {
    if (hopeless.has(codeOf(error))) throw refusal('write into', dirname(path), error)
    throw error
  }
}

/** Throws where the way to it is barred: then making it, and those above it, would tell another reason. */
function enterable(directory: string): boolean {
  try {
    return isDirectory(directory)
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR') return false
    throw refusal('look into', directory, error)
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function refusal(doing: string, directory: string, cause: unknown): MillraceError {
  const code = codeOf(cause)
  const why = code === 'EEXIST' ? 'a file is in its place' : messageOf(cause)
  const message = `cannot ${doing} the directory ${directory}: ${why}; name another one with --directory or embedded.directory`
  return new MillraceError('store', message, { retryable: !hopeless.has(code), cause })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
