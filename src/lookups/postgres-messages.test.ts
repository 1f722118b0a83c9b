import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MessageCheck } from './postgres-messages.ts'

function message(type: string, body: string, length = body.length + 4): Buffer {
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, Buffer.from(body, 'latin1')])
}

const error = message('E', 'SERROR\0C42P01\0\0')
const whole = Buffer.concat([
  message('Z', 'I'),
  error,
  message('N', '\0'),
  message('1', ''),
  message('C', 'SELECT 0\0'),
])

test('messages are fine in whatever pieces they come', () => {
  for (let size = 1; size <= whole.length; size++) {
    const check = new MessageCheck()
    for (let at = 0; at < whole.length; at += size)
      assert.equal(check.problemIn(whole.subarray(at, at + size)), undefined)
  }
})

test('an error whose fields do not end is told before the driver reads it, in whatever pieces', () => {
  for (const body of ['', 'S', 'SERROR', 'SERROR\0', 'SERROR\0C42P01\0']) {
    const bytes = Buffer.concat([whole, message('E', body), message('Z', 'I')])
    for (const size of [1, 7, bytes.length]) {
      const check = new MessageCheck()
      const problems: unknown[] = []
      for (let at = 0; at < bytes.length && problems.length === 0; at += size) {
        const problem = check.problemIn(bytes.subarray(at, at + size))
        if (problem !== undefined) problems.push(problem)
      }
      assert.deepEqual(problems, ['an error message has no end'])
    }
  }
})

test('lengths that no message has are told', () => {
  assert.match(new MessageCheck().problemIn(message('D', '', 0)) ?? '', /shorter/)
  assert.match(new MessageCheck().problemIn(message('D', 'x', 2 ** 32 - 1)) ?? '', /more than/)
})
