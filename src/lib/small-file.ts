import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

/** Far beyond what people write. Whatever size a file says it has: it may have another one when it is read. */
const usualMaxBytes = 16 * 1024 * 1024

/** A file that is there and is not read. Its message goes on from `reading it failed:`. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile'
}

/** What the process was started with: `--config <(sops -d config.hocon)`. Whoever writes there also ends. */
const ownDescriptor = /^\/dev\/(stdin|fd\/\d+)$/

/**
 * The bytes of a file that a person named. Throws an UnreadableFile for what is no regular file, which could be waited
 * for or read for ever (a named pipe, a device), and for one of more than `maxBytes`; the system's own error otherwise.
 * A pipe that the process was started with is read to its end.
 */
export function readSmallFile(path: string, maxBytes = usualMaxBytes): Buffer {
  const own = ownDescriptor.test(path)
  // To open a pipe without a writer would take for ever otherwise.
  const file = openSync(path, own ? constants.O_RDONLY : constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stat = fstatSync(file)
    if (stat.isDirectory()) throw new UnreadableFile('it is a directory')
    if (!stat.isFile() && !(own && stat.isFIFO())) throw new UnreadableFile('it is no regular file')
    return readAtMost(file, maxBytes)
  } finally {
    closeSync(file)
  }
}

function readAtMost(file: number, maxBytes: number): Buffer {
  const chunks: Buffer[] = []
  for (let length = 0; length <= maxBytes;) {
    const chunk = Buffer.allocUnsafe(64 * 1024)
    const read = readSync(file, chunk)
    if (read === 0) return Buffer.concat(chunks)
    chunks.push(chunk.subarray(0, read))
    length += read
  }
  throw new UnreadableFile(`it has more than ${maxBytes} bytes`)
}
