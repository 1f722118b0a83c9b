/*
 * What PostgreSQL's server sends: messages of a letter, their length (four bytes, which count themselves) and a body.
 * Source: the manual of PostgreSQL, chapter "Frontend/Backend Protocol", message formats.
 */

const headBytes = 5
// Far more than what an event can carry; the driver would wait for 4 GB.
const maxMessageBytes = 16 * 1024 * 1024

const error = 'E'.charCodeAt(0)
const notice = 'N'.charCodeAt(0)

/** Looks at a connection's bytes before the driver does, for what would keep its parser busy for ever. */
export class MessageCheck {
  /** The begin of a message whose end has not come. */
  #pieces: Buffer[] = []
  #bytes = 0
  #wanted = headBytes

  /** What is wrong with the messages that end in the next piece; undefined: nothing. */
  problemIn(piece: Buffer): string | undefined {
    this.#pieces.push(piece)
    this.#bytes += piece.length
    if (this.#bytes < this.#wanted) return undefined
    const bytes = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces)
    let at = 0
    let size = sizeAt(bytes, at)
    while (at + size <= bytes.length) {
      if (size < headBytes) return 'a message is shorter than its length'
      if (!isWhole(bytes.subarray(at, at + size))) return 'an error message has no end'
      at += size
      size = sizeAt(bytes, at)
    }
    if (size > maxMessageBytes) return `a message has more than ${maxMessageBytes} bytes`
    const rest = bytes.subarray(at)
    this.#pieces = rest.length === 0 ? [] : [rest]
    this.#bytes = rest.length
    this.#wanted = size
    return undefined
  }
}

/** Of the message that begins there; while its length has not come, that of its head. */
function sizeAt(bytes: Buffer, at: number): number {
  return at + headBytes <= bytes.length ? 1 + bytes.readUInt32BE(at + 1) : headBytes
}

/** Errors and notices are fields, each a letter and a text that ends with a zero; a zero for a letter ends them. */
function isWhole(message: Buffer): boolean {
  if (message[0] !== error && message[0] !== notice) return true
  let at = headBytes
  while (at < message.length) {
    if (message[at] === 0) return true
    const end = message.indexOf(0, at + 1)
    if (end < 0) return false
    at = end + 1
  }
  return false
}
