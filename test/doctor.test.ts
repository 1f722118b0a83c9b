import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openEmbedded } from '../src/backends/embedded/index.ts'
import { configSchema } from '../src/config/index.ts'
import { formatFinding, systemClock } from '../src/lib/index.ts'
import { examine } from '../src/service/index.ts'

const config = configSchema.parse({ embedded: { directory: '/nonexistent/millrace' } })

async function look(uris: readonly string[]): Promise<string[]> {
  const repositories = uris.map((uri, i) => ({
    name: `registry ${i}`,
    priority: i,
    vendorPrefixes: [],
    connection: { http: { uri } },
  }))
  const igluConfig = {
    schema: 'iglu:com.snowplowanalytics.iglu/resolver-config/jsonschema/1-0-1',
    data: { cacheSize: 500, repositories },
  }
  const lines: string[] = []
  const documents = { igluConfig, enrichments: [] }
  for await (const finding of examine(config, documents, { role: 'run', clock: systemClock }))
    lines.push(`${finding.level} ${formatFinding(finding)}`)
  return lines
}

test('each registry is asked, and one that is down is a problem', async t => {
  const answers: Readonly<Record<string, number>> = { '/empty': 404, '/closed': 401, '/broken': 503 }
  const server = createServer((request, response) => {
    const [path] = /^\/[a-z]+/.exec(request.url ?? '') ?? ['']
    response.writeHead(answers[path] ?? 500).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const lines = await look([`${at}/empty`, `${at}/closed`, `${at}/broken`, 'http://127.0.0.1:1'])
  const of = (i: number) => lines.find(line => line.includes(`registry ${i}:`)) ?? ''
  assert.equal(of(0), 'ok Iglu registry registry 0: answers')
  assert.match(of(1), /^warning .*HTTP 401; look at its address and API key/)
  assert.match(of(2), /^problem .*HTTP 503; look at its address and the network/)
  assert.match(of(3), /^problem .*cannot be reached: /)
})

test('a directory whose raw stream is still to be made is fine: a start makes it', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-doctor-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const backend = openEmbedded({ directory, clock: systemClock })
  await backend.createStream('other', { shards: 1, role: 'output' })
  const files = async () => {
    const embedded = configSchema.parse({ embedded: { directory } })
    const documents = { igluConfig: null, enrichments: [] }
    for await (const finding of examine(embedded, documents, { role: 'run', clock: systemClock }))
      if (finding.subject === `files in ${directory}`) return finding
    return undefined
  }
  assert.deepEqual(await files(), {
    level: 'ok',
    subject: `files in ${directory}`,
    found: 'raw is not there yet: a start makes it',
  })
  await backend.createStream('raw', { shards: 3, role: 'raw' })
  await backend.close()
  assert.match((await files())?.found ?? '', /3 open shards in raw$/)
})
