import { crc32 } from 'node:zlib'

/**
 * One message of an AWS event stream: total and header length, their checksum, headers, payload, and the checksum of
 * it all.
 */
export function eventFrame(eventType: string, payload: object): Buffer {
  const headers = Buffer.concat([
    header(':message-type', 'event'),
    header(':event-type', eventType),
    header(':content-type', 'application/json'),
  ])
  const body = Buffer.from(JSON.stringify(payload))
  const frame = Buffer.alloc(12 + headers.length + body.length + 4)
  frame.writeUInt32BE(frame.length, 0)
  frame.writeUInt32BE(headers.length, 4)
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8)
  headers.copy(frame, 12)
  body.copy(frame, 12 + headers.length)
  frame.writeUInt32BE(crc32(frame.subarray(0, -4)), frame.length - 4)
  return frame
}

// The type of a header's value: text with a length of two bytes.
const textType = 7

function header(name: string, value: string): Buffer {
  const head = Buffer.from([name.length, ...Buffer.from(name), textType])
  const length = Buffer.alloc(2)
  length.writeUInt16BE(value.length)
  return Buffer.concat([head, length, Buffer.from(value)])
}
