import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { EventMessages, type EventMessage } from './event-stream.ts'

function messageOf(
  payload: string,
  headers: Buffer = textHeader(':event-type', 'SubscribeToShardEvent'),
): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(12), headers, Buffer.from(payload), Buffer.alloc(4)])
  bytes.writeUInt32BE(bytes.length, 0)
  bytes.writeUInt32BE(headers.length, 4)
  return sealed(bytes)
}

function sealed(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4)
  return bytes
}

function textHeader(name: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.from([name.length]),
    Buffer.from(name),
    Buffer.from([7, 0, value.length]),
    Buffer.from(value),
  ])
}

function read(bytes: Buffer, step = bytes.length): EventMessage[] {
  const messages = new EventMessages()
  const found: EventMessage[] = []
  for (let at = 0; at < bytes.length; at += step) {
    messages.push(bytes.subarray(at, at + step))
    for (let next = messages.next(); next !== undefined; next = messages.next()) found.push(next)
  }
  assert.ok(messages.empty)
  return found
}

test('messages come whole, wherever their bytes were cut', () => {
  const bytes = Buffer.concat(['one', '', 'three'].map(payload => messageOf(payload)))
  for (const step of [1, 7, 12, 13, 64, bytes.length]) {
    const found = read(bytes, step)
    assert.deepEqual(
      found.map(({ payload }) => payload.toString()),
      ['one', '', 'three'],
    )
    assert.ok(found.every(({ headers }) => headers[':event-type'] === 'SubscribeToShardEvent'))
  }
})

test('headers of other types are passed over', () => {
  const yes = Buffer.from([1, 97, 0])
  const time = Buffer.concat([Buffer.from([1, 98, 8]), Buffer.alloc(8, 1)])
  const blob = Buffer.from([1, 99, 6, 0, 2, 5, 5])
  const headers = Buffer.concat([yes, time, blob, textHeader('d', 'text')])
  assert.deepEqual(read(messageOf('x', headers))[0]?.headers, { d: 'text' })
})

test('bytes that are no event stream are refused', () => {
  const flipped = (at: number) => {
    const bytes = messageOf('payload')
    bytes[at] = (bytes[at] ?? 0) ^ 1
    return bytes
  }
  const endless = messageOf('x')
  endless.writeUInt32BE(2 ** 31, 0)
  const long = messageOf('x')
  long.writeUInt32BE(1000, 4)
  const unknown = messageOf('x', Buffer.from([1, 97, 99]))
  const cut = messageOf('x', Buffer.from([9, 97]))
  for (const bytes of [
    flipped(5),
    flipped(30),
    endless,
    sealed(long),
    unknown,
    cut,
    Buffer.from('<html>no gateway</html>'),
  ])
    assert.throws(() => read(bytes), SyntaxError)
})
