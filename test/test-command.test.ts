import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

const program = join(import.meta.dirname, '..', 'src', 'cli.ts')

function folder(t: TestContext, files: Readonly<Record<string, unknown>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content))
  return directory
}

function run(
  cwd: string,
  ...flags: readonly string[]
): Promise<{ readonly code: unknown; readonly out: string }> {
  return new Promise(resolve => {
    execFile(
      process.execPath,
      [program, 'test', '--enrichments', '.', ...flags],
      { cwd, timeout: 60_000 },
      (error, out, err) => resolve({ code: error?.code ?? 0, out: out + err }),
    )
  })
}

const anonIp = {
  schema: 'iglu:com.snowplowanalytics.snowplow/anon_ip/jsonschema/1-0-1',
  data: {
    vendor: 'com.snowplowanalytics.snowplow',
    name: 'anon_ip',
    enabled: true,
    parameters: { anonOctets: 1, anonSegments: 1 },
  },
}
const uaParser = {
  schema: 'iglu:com.snowplowanalytics.snowplow/ua_parser_config/jsonschema/1-0-1',
  data: { vendor: 'com.snowplowanalytics.snowplow', name: 'ua_parser_config', enabled: true, parameters: {} },
}
const request = {
  url: '/i?e=se&p=web&se_ca=c&se_ac=a&se_va=1.50&cookie=1&url=http%3A%2F%2Fshop.example%2Fx',
  headers: { 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0' },
  ipAddress: '10.1.2.3',
}
const uaContext = { schema: 'iglu:com.snowplowanalytics.snowplow/ua_parser_context/jsonschema/1-0-0' }

test('cases that hold pass: columns, patterns, JSON in part, bad rows', async t => {
  const cwd = folder(t, {
    'anon_ip.json': anonIp,
    'ua.json': uaParser,
    'struct.test.json': {
      request,
      expect: [
        {
          user_ipaddress: '10.1.2.x',
          se_value: 1.5,
          br_cookies: true,
          mkt_source: null,
          page_url: { matches: 'http://shop\\..*' },
          derived_contexts: { data: [{ ...uaContext, data: { useragentFamily: 'Firefox', osMajor: null } }] },
          etl_tstamp: '2024-02-03 04:05:06.000',
        },
      ],
      at: '2024-02-03T04:05:06Z',
    },
    'bad.test.json': [
      {
        name: 'a platform that is none',
        request: { url: '/i?e=pv&p=nonsense' },
        expect: [{ bad: 'enrichment_failures', message: 'nonsense' }],
      },
    ],
  })
  const { code, out } = await run(cwd)
  assert.equal(code, 0, out)
  assert.match(out, /^ok {2}bad\.test\.json {2}a platform that is none$/m)
  assert.match(out, /^2 passed, 0 failed$/m)
})

test('cases that do not hold fail, each with what came instead', async t => {
  const cwd = folder(t, {
    'anon_ip.json': anonIp,
    'wrong.test.json': [
      { request, expect: [{ user_ipaddress: '10.1.2.3', mkt_source: 'x', contexts: { data: [] } }] },
      { request, expect: [] },
      { request, expect: [{ bad: 'schema_violations' }] },
      { request: { url: '/i?e=pv&p=nonsense' }, expect: [{}] },
    ],
  })
  const { code, out } = await run(cwd)
  assert.equal(code, 65)
  assert.match(out, /user_ipaddress: expected "10\.1\.2\.3", got "10\.1\.2\.x"/)
  assert.match(out, /mkt_source: expected "x", got nothing/)
  assert.match(out, /contexts: expected \{"data":\[\]\}, got null/)
  assert.match(out, /expected 0 events, got 1 event$/m)
  assert.match(out, /expected a bad row schema_violations, got a good event/)
  assert.match(out, /expected a good event\n +bad row enrichment_failures: \[\{.*"value":"nonsense"/)
  assert.match(out, /^0 passed, 4 failed$/m)
})

test('what is no case is refused, and so is a place without any', async t => {
  const results = await Promise.all(
    [
      { 'a.test.json': { name: 'first', request, expect: [{ no_such_column: 1 }] } },
      {
        'a.test.json': [
          { request, expect: [] },
          { request, expect: [{ mkt_sorce: 1 }] },
        ],
      },
      { 'a.test.json': { expect: [] } },
      { 'a.test.json': '{' },
      { 'anon_ip.json': anonIp },
      { 'a.test.json': '[]' },
      { 'a.test.json': { request, expect: [{ contexts: { data: [{ matches: '(' }] } }] } },
    ].map(files => run(folder(t, files))),
  )
  assert.deepEqual(
    results.map(({ code }) => code),
    [78, 78, 78, 78, 66, 78, 78],
  )
  assert.match(results[0]?.out ?? '', /a\.test\.json: first: expect\[0\]: there is no column no_such_column/)
  assert.match(results[1]?.out ?? '', /case 2: expect\[0\]: .* mkt_sorce; did you mean mkt_source\?/)
  assert.match(results[2]?.out ?? '', /expected either request or payload/)
  assert.match(results[5]?.out ?? '', /a\.test\.json: it holds no case/)
  assert.match(results[6]?.out ?? '', /"\(" is no regular expression/)
})

test('scripts run as they are configured', async t => {
  const script = Buffer.from('function process() { for (;;); }').toString('base64')
  const cwd = folder(t, {
    'script.json': {
      schema: 'iglu:com.snowplowanalytics.snowplow/javascript_script_config/jsonschema/1-0-0',
      data: {
        vendor: 'com.snowplowanalytics.snowplow',
        name: 'javascript_script_config',
        enabled: true,
        parameters: { script },
      },
    },
    'test.conf': 'enrich.scripts.timeoutMs = 37',
    'a.test.json': { request, expect: [{ bad: 'enrichment_failures', message: '37 ms' }] },
  })
  const { code, out } = await run(cwd, '--config', 'test.conf')
  assert.equal(code, 0, out)
})

test('what could be read for ever, or be too much for the stack, is refused in a word', async t => {
  const levels = 20_000
  const deep = `{"x":${'['.repeat(levels)}${']'.repeat(levels)}}`
  const cwd = folder(t, {
    'deep.test.json': `{"request": ${JSON.stringify(request)}, "expect": [{"contexts": ${deep}}]}`,
    'body.test.json': `{"request": {"url": "/x", "body": ${deep}}, "expect": []}`,
  })
  execFileSync('mkfifo', [join(cwd, 'pipe.test.json')])
  const [expected, body, pipe, device] = await Promise.all(
    ['deep.test.json', 'body.test.json', 'pipe.test.json', '/dev/zero'].map(file => run(cwd, file)),
  )
  assert.match(expected?.out ?? '', /^millrace: deep\.test\.json: it is nested deeper than 500$/m)
  assert.match(body?.out ?? '', /^millrace: body\.test\.json: it is nested deeper than 500$/m)
  assert.match(pipe?.out ?? '', /^millrace: reading pipe\.test\.json failed \(it is no regular file\)/m)
  assert.match(device?.out ?? '', /^millrace: reading \/dev\/zero failed \(it is no regular file\)/m)
  assert.deepEqual(
    [expected, body, pipe, device].map(result => result?.code),
    [78, 78, 66, 66],
  )
})
