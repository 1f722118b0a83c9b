import assert from 'node:assert/strict'
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import {
  ConfigError,
  configDefaults,
  formatDuration,
  loadConfig,
  loadEnrichments,
  loadIgluConfig,
  mostSimilar,
  parseDuration,
  parseSize,
  printConfig,
  printReference,
  type Flag,
} from './index.ts'

/** Writes these files into a directory of their own. */
function folder(t: TestContext, files: Readonly<Record<string, string>>): (name: string) => string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-config-'))
  t.after(() => rmSync(directory, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), text)
  }
  return name => join(directory, name)
}

const base64 = (text: string) => Buffer.from(text).toString('base64')
const load = (text: string, environment: Record<string, string> = {}, flags: Flag[] = []) =>
  loadConfig({ config: base64(text), environment, flags })

const position = (text: string) => load(`input.initialPosition ${text}`).input.initialPosition

/** The problems of what must be refused, one per line. */
function problems(work: () => unknown): string[] {
  try {
    work()
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
  return assert.fail('nothing was refused')
}

test('an empty file is a working configuration', () => {
  assert.deepEqual(load('# nothing'), configDefaults)
  assert.deepEqual(loadConfig({ environment: {} }), configDefaults)
})

test('flags go before the file, the file before the defaults', () => {
  const flags = [{ name: '--port', field: ['collector', 'port'], value: '7000' }]
  const config = load('collector.port = 8000\ncollector.maxConnections = 5', {}, flags)
  assert.equal(config.collector.port, 7000)
  assert.equal(config.collector.maxConnections, 5)
  assert.equal(config.collector.retryAfterSeconds, 5)
})

test('HOCON, JSON and YAML mean the same', t => {
  const at = folder(t, {
    'a.hocon': 'leases { leaseMs = 10 seconds }\nworker.maxBatchBytes = 512k\nstreams.failed {}',
    'a.json': '{"leases":{"leaseMs":10000},"worker":{"maxBatchBytes":524288},"streams":{"failed":{}}}',
    'a.yaml': 'leases:\n  leaseMs: 10 seconds\nworker:\n  maxBatchBytes: 512 KiB\nstreams:\n  failed: {}\n',
    yaml: 'leases:\n  leaseMs: 10 s\nworker: {maxBatchBytes: 512 KiB}\nstreams:\n  failed: {}\n',
  })
  const [first, ...others] = ['a.hocon', 'a.json', 'a.yaml', 'yaml'].map(name =>
    loadConfig({ config: at(name), environment: {} }),
  )
  assert.equal(first?.leases.leaseMs, 10_000)
  assert.equal(first.leases.renewMs, 3333)
  assert.equal(first.worker.maxBatchBytes, 524_288)
  assert.equal(first.streams.failed?.name, 'failed')
  for (const other of others) assert.deepEqual(other, first)
})

const environment = { PORT: '7001', ON: 'true', NAME: 'x: y' }

test('the environment fills in HOCON', () => {
  const config = load(
    'collector.port = ${PORT}\nenrich.acceptInvalid = ${ON}\napplication = a\napplication = ${?GONE}',
    environment,
  )
  assert.equal(config.collector.port, 7001)
  assert.equal(config.enrich.acceptInvalid, true)
  assert.equal(config.application, 'a')
})

test('the environment fills in YAML, and cannot smuggle YAML in', t => {
  const text =
    'collector:\n  port: ${PORT}\n  p3p: "${NAME}"\nembedded:\n  directory: /d/${PORT}\napplication: ${?GONE}\n'
  const at = folder(t, { 'a.yml': text })
  const config = loadConfig({ config: at('a.yml'), environment })
  assert.equal(config.collector.port, 7001)
  assert.equal(config.collector.p3p, 'x: y')
  assert.equal(config.embedded.directory, '/d/7001')
  assert.equal(config.application, 'millrace')
})

test('a file may include others', t => {
  const at = folder(t, {
    'a.conf': 'include "b"\nworker.threads = 2',
    'b.conf': 'worker.threads = 1\napplication = b',
  })
  const config = loadConfig({ config: at('a.conf'), environment: {} })
  assert.equal(config.worker.threads, 2)
  assert.equal(config.application, 'b')
})

test('the initial position may be written as Snowplow does', () => {
  assert.deepEqual(position('= LATEST'), { at: 'latest' })
  assert.deepEqual(position('{ type = TRIM_HORIZON }'), { at: 'trimHorizon' })
  assert.deepEqual(position('{ type = AT_TIMESTAMP, timestamp = "2026-01-31T12:00:00Z" }'), {
    at: 'timestamp',
    ms: Date.UTC(2026, 0, 31, 12),
  })
})

test('every problem is told at once, with file, line, field, what was found, what is allowed and what to do', t => {
  const text = [
    'leases { leaseMS = 10 seconds',
    '  renewMs = soon }',
    'streams.raw.shards = 0',
    'enrich.compatibility = 5',
    'directory = x',
    'tralala = 1',
    'monitoring.http = 5',
  ].join('\n')
  const config = folder(t, { 'a.conf': text })('a.conf')
  const flags = [{ name: '--threads', field: ['worker', 'threads'], value: 'many' }]
  assert.deepEqual(
    problems(() => loadConfig({ config, environment: {}, flags })).map(line =>
      line.replace(config, 'a.conf'),
    ),
    [
      '--threads: worker.threads: found "many", expected a whole number from 0 to 256; correct it, or leave it out for the default',
      'a.conf:1: leases.leaseMS: there is no such field; did you mean leases.leaseMs?',
      'a.conf:2: leases.renewMs: found "soon", expected a duration such as "10 seconds", or a number of milliseconds; correct it, or leave it out for the default',
      'a.conf:3: streams.raw.shards: found 0, expected a whole number from 1 to 10000; correct it, or leave it out for the default',
      'a.conf:4: enrich.compatibility: found 5, expected 3.9 or 4.2; correct it, or leave it out for the default',
      'a.conf:5: directory: there is no such field; did you mean embedded.directory?',
      'a.conf:6: tralala: there is no such field; allowed here: backend, application, embedded, aws, streams, input, worker, lifecycle, leases, enrich, collector, monitoring, igluConfig, enrichments',
      'a.conf:7: monitoring.http: found 5, expected an object with enabled, host, port; correct it, or leave it out for the default',
    ],
  )
})

test('problems in YAML name their line too', t => {
  const config = folder(t, { 'a.yaml': 'collector:\n  cookie:\n    sameSite: maybe\n' })('a.yaml')
  const [problem = ''] = problems(() => loadConfig({ config, environment: {} }))
  assert.match(
    problem,
    /a\.yaml:3: collector\.cookie\.sameSite: found "maybe", expected None, Lax or Strict;/,
  )
})

test('a file that is not there is told with its flag', () => {
  assert.deepEqual(
    problems(() => loadConfig({ config: 'nowhere.conf', environment: {} })),
    [
      '--config: "nowhere.conf" cannot be read (ENOENT), and is no base64; give the path of a file that exists, or the text in base64',
    ],
  )
})

test('text that cannot be read is told with its line', () => {
  assert.deepEqual(
    problems(() => load('a = 1\nb {')),
    ['--config (base64):2: found the end, expected `}`; correct this line'],
  )
})

test('hostile YAML is refused soon', t => {
  const lines = ['a0: &a0 [x]']
  for (let i = 1; i < 40; i++) lines.push(`a${i}: &a${i} [*a${i - 1}, *a${i - 1}]`)
  const config = folder(t, { 'a.yaml': lines.join('\n') })('a.yaml')
  assert.match(problems(() => loadConfig({ config, environment: {} })).join(), /resource exhaustion|alias/i)
})

test('__proto__ is an unknown field, nothing more', () => {
  assert.match(
    problems(() => load('{"__proto__": {"backend": "x"}}')).join(),
    /__proto__: there is no such field/,
  )
})

test('a lease that is renewed too rarely is refused', () => {
  const [problem = ''] = problems(() => load('leases { leaseMs = 2000, renewMs = 1500 }'))
  assert.match(problem, /leases\.renewMs: found 1500, expected at most half of leaseMs/)
})

test('what no header can carry, and what is no regular expression, is refused before a request comes', () => {
  const refused = {
    'cookie.name': 'a b',
    'cookie.fallbackDomain': 'acme.com; Secure',
    'doNotTrackCookie.value': '(',
    p3p: 'CP=\r\n',
  }
  for (const [field, value] of Object.entries(refused)) {
    const text = `collector.doNotTrackCookie { name = optout, value = yes }\ncollector.${field} = ${JSON.stringify(value)}`
    const found = problems(() => load(text))
    assert.equal(found.length, 1, field)
    assert.match(found[0] ?? '', new RegExp(`collector\\.${field}: found .*, expected `))
  }
})

test('two streams of one name are refused', () => {
  assert.match(
    problems(() => load('streams.raw.name = enriched')).join('\n'),
    /streams\.good\.name: .*raw and good are both called enriched/,
  )
})

test('what is printed means the same when it is read again', () => {
  const config = load(
    'input.initialPosition { type = AT_TIMESTAMP, timestamp = "2026-01-31T12:00:00Z" }\nstreams.failed {}\ncollector.paths { "/a/b": "/c/d" }',
  )
  assert.deepEqual(load(printConfig(config)), config)
})

test('every field is described', () => {
  const rows = printReference().split('\n').slice(2, -1)
  assert.ok(rows.length > 80)
  const bare = rows.filter(row => row.endsWith('|  |') && !/initialPosition\.|doNotTrackCookie\./.test(row))
  assert.deepEqual(bare, [])
})

test('durations and sizes are read with their units', () => {
  assert.equal(parseDuration('10 seconds'), 10_000)
  assert.equal(parseDuration('1.5h'), 5_400_000)
  assert.equal(parseDuration('250'), 250)
  assert.equal(parseDuration('5 parsecs'), undefined)
  assert.equal(parseDuration('-1 s'), undefined)
  assert.equal(parseSize('1 MiB'), 1_048_576)
  assert.equal(parseSize('1 MB'), 1_000_000)
  assert.equal(parseSize('64K'), 65_536)
})

test('durations are told the way people say them', () => {
  assert.deepEqual([850.4, 1500, 134_000, 8_040_000, 90_000_000].map(formatDuration), [
    '850 ms',
    '1.5 s',
    '2 m 14 s',
    '2 h 14 m',
    '1 d 1 h',
  ])
})

test('a name finds the one it was meant to be', () => {
  assert.equal(mostSimilar('max_batch_bytes', ['maxBatchBytes', 'maxBatchRecords']), 'maxBatchBytes')
  assert.equal(mostSimilar('prot', ['port', 'host']), 'port')
  assert.equal(mostSimilar('zebra', ['port', 'host']), undefined)
})

const anonIp =
  '{"schema":"iglu:com.snowplowanalytics.snowplow/anon_ip/jsonschema/1-0-1","data":{"enabled":true,"parameters":{"anonOctets":2}}}'

test('enrichments come from a directory in the order of their names, with the environment filled in', t => {
  const at = folder(t, {
    'e/b.json': anonIp,
    'e/a.hocon': `schema = "iglu:acme/thing/jsonschema/1-0-0"\ndata { key = \${KEY} }`,
    'e/readme.md': 'not one',
  })
  const found = loadEnrichments(at('e'), { KEY: 'k' })
  assert.deepEqual(
    found.map(({ source, schema }) => [source, schema]),
    [
      [at('e/a.hocon'), 'iglu:acme/thing/jsonschema/1-0-0'],
      [at('e/b.json'), 'iglu:com.snowplowanalytics.snowplow/anon_ip/jsonschema/1-0-1'],
    ],
  )
  assert.deepEqual(found[0]?.data, { key: 'k' })
})

test('enrichments come in base64 with the wrapper that Snowplow uses', () => {
  const wrapper = `{"schema":"iglu:com.snowplowanalytics.snowplow/enrichments/jsonschema/1-0-0","data":[${anonIp}]}`
  const [found] = loadEnrichments(base64(wrapper), {})
  assert.equal(found?.source, '--enrichments (base64)[0]')
  assert.deepEqual(found.data, { enabled: true, parameters: { anonOctets: 2 } })
})

test('the problems of all enrichments are told at once', t => {
  const at = folder(t, {
    'e/a.json': '{"schema": 1}',
    'e/b.json': '{',
    'e/c.json': '{"schema":"iglu:x","data":{}}',
  })
  const found = problems(() => loadEnrichments(at('e'), {})).map(line => line.replace(at('e/'), ''))
  assert.deepEqual(
    new Set(found.map(line => line.split(': ')[0])),
    new Set(['a.json:1', 'b.json:1', 'c.json:1']),
  )
})

test('the resolver configuration must be a self-describing JSON', () => {
  const schema = 'iglu:com.snowplowanalytics.iglu/resolver-config/jsonschema/1-0-1'
  assert.equal(loadIgluConfig(base64(`{"schema":"${schema}","data":{"cacheSize":500}}`), {}).schema, schema)
  assert.match(problems(() => loadIgluConfig(base64('{"cacheSize": 500}'), {})).join(), /schema: found none/)
})

test('JSON that goes too deep or too far is told to do so', t => {
  const at = folder(t, {
    'deep/a.json': `{"schema": "iglu:a/b/jsonschema/1-0-0", "data": ${'['.repeat(500)}${']'.repeat(500)}}`,
    'long/a.json': JSON.stringify({ schema: 'iglu:a/b/jsonschema/1-0-0', data: 'x'.repeat(5_000_000) }),
  })
  const found = ['deep', 'long'].flatMap(name => problems(() => loadEnrichments(at(name), {})))
  assert.match(found[0] ?? '', /nested deeper than \d+/)
  assert.match(found[1] ?? '', /longer than \d+ characters/)
})
