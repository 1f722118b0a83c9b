import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeBody } from './chunked-body.ts'

const headers = { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' }
const body = '5;chunk-signature=0\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n'

test('the data are what the chunks hold, the trailers what follows them', () => {
  const { data, trailers } = decodeBody(headers, Buffer.from(body))
  assert.equal(data.toString(), 'hello world')
  assert.deepEqual(trailers, { 'x-amz-checksum-crc32': 'DUoRhQ==' })
})

test('a body that says nothing of chunks is taken as it is', () => {
  assert.equal(decodeBody({}, Buffer.from(body)).data.toString(), body)
})

test('a body that breaks off is refused', () => {
  for (let length = 0; length < body.indexOf('0\r\nx-amz'); length++) {
    const cut = Buffer.from(body.slice(0, length))
    assert.throws(() => decodeBody(headers, cut), { code: 'IncompleteBody' }, `after ${length} bytes`)
  }
  const declared = { ...headers, 'x-amz-decoded-content-length': '12' }
  assert.throws(() => decodeBody(declared, Buffer.from(body)), { code: 'IncompleteBody' })
})
