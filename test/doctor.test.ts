import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
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
