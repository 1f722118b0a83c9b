import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { MillraceError } from '../lib/index.ts'
import { testCertificate, testKey } from './test-certificate.ts'
import { exchange, open, payloadData, tp2 } from './test-collector.ts'

function files(t: TestContext, { cert = testCertificate, key = testKey } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-tls-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const tls = { certificate: join(directory, 'cert.pem'), privateKey: join(directory, 'key.pem') }
  writeFileSync(tls.certificate, cert)
  writeFileSync(tls.privateKey, key)
  return tls
}

async function postTls(port: number, body: string): Promise<{ status: number | undefined; body: string }> {
  const headers = { 'Content-Type': 'application/json' }
  const options = {
    host: 'localhost',
    port,
    path: tp2,
    method: 'POST',
    ca: testCertificate,
    headers,
    agent: false,
  }
  const sent = request(options).end(body)
  const [response] = await once(sent, 'response')
  return { status: response.statusCode, body: await text(response) }
}

test('with a certificate the port speaks HTTPS, and what it takes is recorded', async t => {
  const { port, raw, observed } = await open(t, { config: { tls: files(t) } })
  assert.deepEqual(await postTls(port, payloadData([{ e: 'pv' }])), { status: 200, body: 'ok' })
  assert.equal(raw.request.path, tp2)
  assert.equal((await observed('collector-ready')).scheme, 'https')
})

test('whoever does not speak TLS harms nobody else', async t => {
  const { port, raw } = await open(t, { config: { tls: files(t) } })
  await exchange(port, `GET /i HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  const silent = connect(port, '127.0.0.1')
  await once(silent, 'connect')
  assert.equal((await postTls(port, payloadData([{ e: 'pv' }]))).status, 200)
  silent.destroy()
  assert.equal(raw.records.length, 1)
})

test(
  'a connection that never finishes its handshake does not hold up a stop',
  { timeout: 10_000 },
  async t => {
    const config = { tls: files(t), terminationDeadlineMs: 50 }
    const { port, stop } = await open(t, { config })
    const silent = connect(port, '127.0.0.1')
    await once(silent, 'connect')
    silent.on('error', () => {})
    const closed = once(silent, 'close')
    await stop()
    await closed
  },
)

test('certificates that cannot be used are refused at the start, by name', async t => {
  const refused = (tls: { certificate: string; privateKey: string }, message: RegExp) =>
    assert.rejects(
      open(t, { config: { tls } }),
      error => error instanceof MillraceError && error.code === 'config' && message.test(error.message),
    )
  const none = { ...files(t), certificate: join(tmpdir(), 'none', 'cert.pem') }
  await refused(none, /collector\.tls\.certificate: ENOENT.*; name PEM files/)
  await refused(files(t, { key: 'no key' }), /key\.pem are no certificate with its key: .*; name PEM files/)
})
