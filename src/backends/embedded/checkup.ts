import { randomUUID } from 'node:crypto'
import { accessSync, closeSync, constants, openSync, rmSync, statfsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fine, messageOf, type Finding } from '../../lib/index.ts'

const GiB = 1024 ** 3
// The log of a busy hour, and what SQLite needs to fold it.
const roomyBytes = GiB
const leastBytes = 100 * 1024 * 1024

/** The directory of the files and what it lies on. Changes nothing that stays. */
export function checkDirectory(directory: string): Finding[] {
  const path = resolve(directory)
  const subject = `directory ${directory}`
  const there = nearest(path)
  const writable = checkWritable(path, there, subject)
  return [writable, ...(writable.level === 'problem' ? [] : [checkSpace(there), ...checkKind(there)])]
}

/** The directory itself, or the one above it that is there. */
function nearest(path: string): string {
  try {
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) return path
  } catch {
    // Barred, which the check tells.
    return path
  }
  return dirname(path) === path ? path : nearest(dirname(path))
}

function checkWritable(path: string, there: string, subject: string): Finding {
  const next = 'give this user the right to write there, or name another one with embedded.directory'
  try {
    accessSync(there, constants.W_OK | constants.X_OK)
    // Rights are one thing; a file system that was mounted for reading only is another.
    const trial = join(there, `.millrace-doctor-${randomUUID()}`)
    closeSync(openSync(trial, 'wx'))
    rmSync(trial)
  } catch (error) {
    const what = there === path ? 'cannot be written' : `cannot be made, as ${there} cannot be written`
    return { level: 'problem', subject, found: `${what} (${messageOf(error)})`, next }
  }
  return fine(subject, there === path ? 'can be written' : `is not there yet, and can be made in ${there}`)
}

function checkSpace(path: string): Finding {
  const { bavail, bsize } = statfsSync(path)
  return judgeSpace(bavail * bsize)
}

/** Pure. */
export function judgeSpace(freeBytes: number): Finding {
  const subject = 'free space'
  const found = `${(freeBytes / GiB).toFixed(1)} GiB`
  if (freeBytes >= roomyBytes) return fine(subject, found)
  const level = freeBytes < leastBytes ? 'problem' : 'warning'
  return { level, subject, found, next: 'free some, keep records for less long, or name another directory' }
}

function checkKind(path: string): Finding[] {
  const finding = judgeKind(statfsSync(path).type)
  return finding === undefined ? [] : [finding]
}

/** What statfs(2) calls file systems that cannot do what SQLite asks of them, and what they are. */
const kinds: ReadonlyMap<number, readonly [string, 'network' | 'memory' | 'passing']> = new Map([
  [0x6969, ['NFS', 'network']],
  [0xff534d42, ['CIFS', 'network']],
  [0xfe534d42, ['SMB', 'network']],
  [0x01021997, ['9P', 'passing']],
  [0x65735546, ['FUSE', 'passing']],
  [0x01021994, ['tmpfs', 'memory']],
  [0x858458f6, ['ramfs', 'memory']],
])

/** Undefined: nothing is to be said of it. Pure. */
export function judgeKind(type: number): Finding | undefined {
  const subject = 'file system'
  const [name, kind] = kinds.get(type) ?? []
  switch (kind) {
    case undefined:
      return undefined
    case 'network': {
      const found = `${name}: processes on several machines cannot share these files, and its locks are not to be trusted`
      return { level: 'problem', subject, found, next: 'name a directory on a disk of this machine' }
    }
    case 'passing': {
      const found = `${name}: whether locks and shared memory work depends on what is behind it`
      return { level: 'warning', subject, found, next: 'better name a directory on a disk of this machine' }
    }
    case 'memory': {
      const found = `${name}: what was acknowledged is gone when the machine stops`
      return { level: 'warning', subject, found, next: 'name a directory on a disk' }
    }
  }
}
