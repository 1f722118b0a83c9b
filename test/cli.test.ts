import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, test, type TestContext } from 'node:test'
import { openEmbedded } from '../src/backends/embedded/index.ts'
import { configDefaults } from '../src/config/index.ts'

const program = join(import.meta.dirname, '..', 'src', 'cli.ts')

function folder(t: TestContext, files: Readonly<Record<string, string>> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-cli-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), content)
  }
  return directory
}

interface Result {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

async function run(cwd: string, args: readonly string[], input = ''): Promise<Result> {
  const child = spawn(process.execPath, [program, ...args], { cwd })
  child.stdin.end(input)
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: typeof code === 'number' ? code : null, out, err }
}

const good = '{"url":"/i?e=pv&p=web&aid=me&url=http://example.com/x"}'
const bad = '{"url":"/i?e=pv&p=nonsense"}'

/** The first log line of this kind. */
async function logged(child: ChildProcess, event: string): Promise<Record<string, unknown>> {
  let seen = ''
  for await (const chunk of child.stderr ?? []) {
    seen += String(chunk)
    for (const line of seen.split('\n').slice(0, -1)) {
      const found = line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>) : {}
      if (found['event'] === event) {
        child.stderr?.resume()
        return found
      }
    }
  }
  return assert.fail(`${event} was never logged: ${seen}`)
}

// Most of the time of each is the start of a process.
describe('millrace', { concurrency: 4 }, () => {
  test('a wrong command line exits with 64, help and version with 0', async t => {
    const cwd = folder(t)
    const [unknown, option, help, version] = await Promise.all([
      run(cwd, ['tpa']),
      run(cwd, ['dev', '--wrokers', '2']),
      run(cwd, ['enrich', '--help']),
      run(cwd, ['--version']),
    ])
    assert.equal(unknown.code, 64)
    assert.match(unknown.err, /Did you mean tap\?/)
    assert.equal(option.code, 64)
    assert.match(option.err, /Did you mean --workers\?/)
    assert.equal(help.code, 0)
    assert.match(help.out, /--iglu-config <path>/)
    assert.match(version.out, /^\d+\.\d+\.\d+\n$/)
  })

  test('enrich --pii writes what pseudonyms have replaced, and nothing without it', async t => {
    const parameters = {
      pii: [{ pojo: { field: 'user_id' } }],
      strategy: { pseudonymize: { hashFunction: 'SHA-1', salt: 's' } },
    }
    const vendor = 'com.snowplowanalytics.snowplow.enrichments'
    const data = { vendor, name: 'pii_enrichment_config', enabled: true, emitEvent: true, parameters }
    const schema = `iglu:${vendor}/pii_enrichment_config/jsonschema/2-0-0`
    const cwd = folder(t, {
      'in.ndjson': '{"url":"/i?e=pp&p=web&uid=alex"}\n',
      'enrichments/pii.json': JSON.stringify({ schema, data }),
    })
    const args = ['enrich', 'in.ndjson', '--enrichments', 'enrichments']
    const [quiet, telling] = await Promise.all([run(cwd, args), run(cwd, [...args, '--pii', 'pii.tsv'])])
    assert.deepEqual([quiet.code, quiet.err, telling.code, telling.err], [0, '', 0, ''])
    assert.equal(readFileSync(join(cwd, 'pii.tsv'), 'utf8').split('\t').length, 131)
    assert.match(readFileSync(join(cwd, 'pii.tsv'), 'utf8'), /"originalValue":"alex"/)
    assert.doesNotMatch(telling.out, /alex/)
  })

  test('enrich writes good events to standard output and exits with 0', async t => {
    const cwd = folder(t, { 'in.ndjson': `${good}\n${good}\n` })
    const { code, out, err } = await run(cwd, ['enrich', 'in.ndjson'])
    assert.deepEqual([code, err], [0, ''])
    const lines = out.split('\n').slice(0, -1)
    assert.deepEqual(
      lines.map(line => line.split('\t').length),
      [131, 131],
    )
    assert.ok(!existsSync(join(cwd, 'bad.ndjson')))
  })

  test('enrich reads standard input, keeps bad rows in their file and exits with 65', async t => {
    const cwd = folder(t)
    const { code, out, err } = await run(cwd, ['enrich', '--json', '--bad', 'b.ndjson'], `${bad}\n${good}`)
    assert.equal(code, 65)
    assert.match(err, /1 bad row in b\.ndjson: 1 enrichment_failures$/m)
    assert.equal(JSON.parse(out).page_url, 'http://example.com/x')
    assert.match(readFileSync(join(cwd, 'b.ndjson'), 'utf8'), /badrows\/enrichment_failures/)
  })

  test('what is left of a bad event goes to a file that is asked for', async t => {
    const cwd = folder(t)
    const { code } = await run(cwd, ['enrich', '--json', '--failed', 'f.ndjson'], `${bad}\n${good}`)
    assert.equal(code, 65)
    const [failed, ...more] = readFileSync(join(cwd, 'f.ndjson'), 'utf8').trimEnd().split('\n')
    assert.deepEqual(more, [])
    const { event, contexts_com_snowplowanalytics_snowplow_failure_1: failures } = JSON.parse(failed ?? '')
    assert.equal(event, 'page_view')
    assert.deepEqual(failures[0].data, { p: 'nonsense' })
  })

  test('the same input at the same time gives the same bytes', async t => {
    const cwd = folder(t, { 'in.ndjson': `${good}\n${bad}\n` })
    const args = ['enrich', 'in.ndjson', '--at', '2026-01-31T12:00:00Z']
    const once = await run(cwd, args)
    const badOnce = readFileSync(join(cwd, 'bad.ndjson'), 'utf8')
    assert.deepEqual(await run(cwd, args), once)
    assert.equal(readFileSync(join(cwd, 'bad.ndjson'), 'utf8'), badOnce)
  })

  test('a line that is no payload becomes a bad row, and the rest goes on', async t => {
    const cwd = folder(t)
    const { code, out } = await run(cwd, ['enrich', '--format', 'base64'], 'not base64 at all!\nAAAA\n')
    assert.deepEqual([code, out], [65, ''])
    const rows = readFileSync(join(cwd, 'bad.ndjson'), 'utf8').trimEnd().split('\n')
    assert.equal(rows.length, 2)
    for (const row of rows) assert.match(row, /collector_payload_format_violation/)
  })

  test('input that cannot be read, a broken request and an impossible place are told without a stack', async t => {
    const cwd = folder(t, { 'in.ndjson': '{"url":"/i","boddy":1}\n' })
    const [absent, broken, place] = await Promise.all([
      run(cwd, ['enrich', 'nowhere']),
      run(cwd, ['enrich', 'in.ndjson']),
      run(cwd, ['enrich', '--bad', 'no/such/place'], bad),
    ])
    assert.equal(absent.code, 66)
    assert.match(absent.err, /^millrace: reading nowhere failed/)
    assert.equal(broken.code, 65)
    assert.match(broken.err, /^millrace: in\.ndjson:1: .*boddy/)
    assert.equal(place.code, 74)
    for (const { err } of [absent, broken, place]) assert.doesNotMatch(err, /\n {4}at /)
  })

  test('doctor tells what is well in lines or JSON, and exits with 1 for a problem', async t => {
    const cwd = folder(t, { file: '', 'bad.yaml': 'leases: { leaseMs: never }\nworkers: {}' })
    const well = await run(cwd, ['doctor'])
    assert.deepEqual([well.code, well.err], [0, ''])
    assert.match(well.out, /^ok {7}directory millrace-data: is not there yet, and can be made/m)
    assert.match(well.out, /^0 problems, 0 warnings, \d+ ok$/m)
    assert.ok(!existsSync(join(cwd, 'millrace-data')), 'it makes nothing')
    const barred = await run(cwd, ['doctor', '--directory', 'file/below', '--json'])
    assert.equal(barred.code, 1)
    const { problems, findings } = JSON.parse(barred.out) as {
      problems: number
      findings: { next?: string }[]
    }
    assert.equal(problems, 1)
    assert.match(findings.at(-1)?.next ?? '', /name another one with embedded.directory/)
    const wrong = await run(cwd, ['doctor', '--config', 'bad.yaml'])
    assert.equal(wrong.code, 1)
    assert.match(wrong.out, /^problem {2}bad\.yaml:1: leases\.leaseMs: .*\n {9}→ correct it/m)
    assert.match(wrong.out, /^2 problems/m)
  })

  test('doctor prints what is told on several lines on lines, indented', async t => {
    const vendor = 'com.snowplowanalytics.snowplow'
    const schema = `iglu:${vendor}/anon_ip/jsonschema/1-0-1`
    const data = { vendor, name: 'anon_ip', enabled: true, parameters: { anonOctets: 'many' } }
    const cwd = folder(t, { 'e/anon.json': JSON.stringify({ schema, data }) })
    const { code, out } = await run(cwd, ['doctor', '--enrichments', 'e'])
    assert.equal(code, 1)
    assert.match(
      out,
      /^problem {2}enrichments: the enrichments cannot be .*:\n {9}iglu:.*anonOctets.*number expected$/m,
    )
    assert.doesNotMatch(out, /�/)
  })

  test('doctor prints the policy of a configuration and calls nobody for it', async t => {
    const cwd = folder(t, {
      'aws.yaml': 'backend: aws\naws: { region: eu-west-1 }',
      'lists.json':
        '{"schema":"iglu:com.snowplowanalytics.snowplow/ua_parser_config/jsonschema/1-0-1","data":{"vendor":"com.snowplowanalytics.snowplow","name":"ua_parser_config","enabled":true,"parameters":{"uri":"s3://lists","database":"regexes.yaml"}}}',
    })
    const printed = await run(cwd, [
      'doctor',
      '--config',
      'aws.yaml',
      '--policy',
      '--account',
      '123456789012',
    ])
    assert.equal(printed.code, 0)
    const { Statement } = JSON.parse(printed.out) as { Statement: { Sid: string; Resource: string[] }[] }
    assert.deepEqual(
      Statement.map(({ Sid }) => Sid),
      ['ReadInput', 'WriteAndReadBackOutputs', 'Leases', 'CreateLeaseTable'],
    )
    assert.deepEqual(Statement[0]?.Resource, ['arn:aws:kinesis:eu-west-1:123456789012:stream/raw'])
    const withFiles = await run(cwd, [
      'doctor',
      '--config',
      'aws.yaml',
      '--enrichments',
      'lists.json',
      '--policy',
    ])
    assert.match(withFiles.out, /"s3:GetObject"\s*\],\s*"Resource": \[\s*"arn:aws:s3:::lists\/regexes.yaml"/)
    const embedded = await run(cwd, ['doctor', '--policy'])
    assert.deepEqual([embedded.code, /needs no permissions/.test(embedded.err)], [64, true])
  })

  test('enrich stops quietly when nobody reads any more', async t => {
    const cwd = folder(t, { 'in.ndjson': `${good}\n`.repeat(20_000) })
    const child = spawn(process.execPath, [program, 'enrich', 'in.ndjson'], { cwd })
    child.stdout.once('data', () => child.stdout.destroy())
    const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
    assert.deepEqual([code, err], [0, ''])
  })

  test('lint names file, line, field, cause and next step of every problem, and exits with 78', async t => {
    const cwd = folder(t, {
      'a.conf': 'leases { leaseMS = 1 }\nenrich.partitionKey = page_ulr\n',
      'b.conf': 'enrich {\n  partitionKey = page_ulr\n}',
      'e/anon.json':
        '{"schema":"iglu:com.snowplowanalytics.snowplow/anon_ip/jsonschema/1-0-1","data":{"vendor":"com.snowplowanalytics.snowplow","name":"anon_ip","enabled":true,"parameters":{"anonOctets":9}}}',
      'e/broken.json': '{"schema": ',
      'resolver.json':
        '{"schema":"iglu:com.snowplowanalytics.iglu/resolver-config/jsonschema/1-0-1","data":{"cacheSize":500,"repositories":[]}}',
    })
    const [one, two, three] = await Promise.all([
      run(cwd, ['lint', '--config', 'a.conf', '--enrichments', 'e']),
      run(cwd, ['lint', '--config', 'b.conf']),
      run(cwd, ['lint', '--iglu-config', 'resolver.json']),
    ])
    assert.equal(one.code, 78)
    assert.match(
      one.out,
      /^a\.conf:1: leases\.leaseMS: there is no such field; did you mean leases\.leaseMs\?$/m,
    )
    assert.match(one.out, /^e\/broken\.json:1: /m)
    assert.equal(two.code, 78)
    assert.match(two.out, /^b\.conf:2: enrich\.partitionKey: page_ulr is not a column/m)
    assert.deepEqual([three.code, three.err], [0, ''])
    assert.match(three.out, /^ok: /)
  })

  test('lint tells which enrichment file is wrong', async t => {
    const anonIp =
      '{"schema":"iglu:com.snowplowanalytics.snowplow/anon_ip/jsonschema/1-0-1","data":{"vendor":"com.snowplowanalytics.snowplow","name":"anon_ip","enabled":true,"parameters":{"anonOctets":9}}}'
    const { code, out } = await run(folder(t, { 'e/anon.json': anonIp }), ['lint', '--enrichments', 'e'])
    assert.equal(code, 78)
    assert.match(out, /^e\/anon\.json: /m)
  })

  test('lint says what each enrichment does, and enrich --profile where the time went', async t => {
    const cwd = folder(t, {
      'a.conf': 'enrich.hooks.eventSpecification.url = "http://127.0.0.1:1"',
      'e/anon_ip.json': JSON.stringify({
        schema: 'iglu:com.snowplowanalytics.snowplow/anon_ip/jsonschema/1-0-1',
        data: {
          vendor: 'com.snowplowanalytics.snowplow',
          name: 'anon_ip',
          enabled: true,
          parameters: { anonOctets: 1, anonSegments: 1 },
        },
      }),
      'e/off.json': JSON.stringify({
        schema: 'iglu:com.snowplowanalytics.snowplow/ua_parser_config/jsonschema/1-0-1',
        data: {
          vendor: 'com.snowplowanalytics.snowplow',
          name: 'ua_parser_config',
          enabled: false,
          parameters: {},
        },
      }),
    })
    const [lint, enrich] = await Promise.all([
      run(cwd, ['lint', '--config', 'a.conf', '--enrichments', 'e']),
      run(cwd, ['enrich', '--config', 'a.conf', '--enrichments', 'e', '--profile'], good),
    ])
    assert.equal(lint.code, 0, lint.err)
    assert.match(lint.out, /anon_ip\.json: anon_ip 1-0-1 hides the end of user_ipaddress/)
    assert.match(lint.out, /off\.json: ua_parser_config 1-0-1 .* \(disabled\)/)
    assert.match(lint.out, /^enrich\.hooks\.eventSpecification asks a service of yours/m)
    assert.equal(enrich.code, 0, enrich.err)
    assert.match(enrich.err, /^event-specification +[\d.]+ ms/m)
    assert.match(enrich.err, /^anon-ip +[\d.]+ ms +\d+ %/m)
    assert.match(enrich.err, /^everything else +[\d.]+ ms/m)
    assert.equal(enrich.out.split('\t').length, 131)
  })

  test('lint warns of what is ignored, and does not count it', async t => {
    const enrichment = '{"schema":"iglu:com.acme/ours/jsonschema/1-0-0","data":{"enabled":true}}'
    const embedded = {
      name: 'Ours',
      priority: 1,
      vendorPrefixes: [],
      connection: { embedded: { path: 'e' } },
    }
    const resolver = {
      schema: 'iglu:com.snowplowanalytics.iglu/resolver-config/jsonschema/1-0-1',
      data: { cacheSize: 500, repositories: [embedded] },
    }
    const files = { 'e/a.json': enrichment, 'f/a.txt': enrichment, 'iglu.json': JSON.stringify(resolver) }
    const cwd = folder(t, { ...files, 'null.json': 'null\n' })
    const [unknown, none, iglu, nothing] = await Promise.all([
      run(cwd, ['lint', '--enrichments', 'e']),
      run(cwd, ['lint', '--enrichments', 'f']),
      run(cwd, ['lint', '--iglu-config', 'iglu.json']),
      run(cwd, ['lint', '--enrichments', 'null.json']),
    ])
    assert.match(
      unknown.out,
      /^warning: e\/a\.json: .* is ignored\n.*, 0 enrichments \(0 enabled\), 1 ignored\n$/,
    )
    assert.match(none.out, /^warning: no enrichment is in f; .*\n.*, 0 enrichments \(0 enabled\)\n$/)
    assert.match(iglu.out, /^warning: Ours: embedded\.path e is ignored; .*\nok: /)
    assert.deepEqual([unknown.code, none.code, iglu.code], [0, 0, 0])
    const problem = 'null.json: found null, expected an object; write its fields between { and }\n'
    assert.deepEqual([nothing.code, nothing.out], [78, problem])
  })

  test('lint and a start tell what of a Snowplow configuration has no effect', async t => {
    const conf = 'input { streamName = a, appName = b }\noutput.good.streamName = c\nconcurrency.sink = 1'
    const cwd = folder(t, { 'config.kinesis': conf })
    const [lint, doctor] = await Promise.all([
      run(cwd, ['lint', '--config', 'config.kinesis']),
      run(cwd, ['doctor', '--config', 'config.kinesis', '--for', 'collect']),
    ])
    assert.deepEqual([lint.code, lint.err], [0, ''])
    assert.match(lint.out, /^warning: config\.kinesis:3: concurrency has no effect: worker\.threads .*\nok: /)
    assert.match(doctor.out, /^warning +configuration: config\.kinesis:3: concurrency has no effect/m)
  })

  test('a file of an enrichment that cannot be had is no mistake in its configuration', async t => {
    const parameters = { geo: { uri: 'http://127.0.0.1:1/files', database: 'GeoLite2-City.mmdb' } }
    const data = { name: 'ip_lookups', vendor: 'com.snowplowanalytics.snowplow', enabled: true, parameters }
    const schema = 'iglu:com.snowplowanalytics.snowplow/ip_lookups/jsonschema/2-0-0'
    const cwd = folder(t, { 'e/ip.json': JSON.stringify({ schema, data }) })
    writeFileSync(join(cwd, 'path.json'), JSON.stringify({ schema, data }).replace('http://127.0.0.1:1', ''))
    const { code, out } = await run(cwd, ['lint', '--enrichments', 'e'])
    const path = await run(cwd, ['lint', '--enrichments', 'path.json'])
    assert.match(path.out, /geo\.uri: .*; write it with its scheme: .* file:\/\/\/folder on this machine\n$/)
    assert.equal(code, 78)
    assert.match(out, /^e\/ip\.json: .*\/files\/GeoLite2-City\.mmdb: .*; see whether it can be reached .*\n$/)
  })

  test('every command refuses a wrong configuration with 78 before anything opens', async t => {
    const cwd = folder(t, { 'a.conf': 'collector.prot = 1' })
    for (const command of ['run', 'collect', 'dev', 'tap']) {
      const { code, err } = await run(cwd, [command, '--config', 'a.conf'])
      assert.equal(code, 78, command)
      assert.equal(
        err,
        'millrace: a.conf:1: collector.prot: there is no such field; did you mean collector.port?\n',
      )
    }
    assert.ok(!existsSync(join(cwd, 'millrace-data')))
  })

  test('tap, top and leases say when there is no pipeline, and make none', async t => {
    const cwd = folder(t)
    for (const args of [['tap'], ['top'], ['leases', 'list'], ['leases'], ['leases', 'release']]) {
      const { code, err } = await run(cwd, args)
      assert.equal(code, 66)
      assert.match(err, /there is no pipeline in millrace-data; start one with millrace dev/)
      assert.match(err, /; one that was started just now may need a few seconds$/m)
    }
    assert.ok(!existsSync(join(cwd, 'millrace-data')))
  })

  test('leases release frees a lease whose worker is gone', async t => {
    const cwd = folder(t)
    const backend = openEmbedded({ directory: join(cwd, 'millrace-data') })
    const { application, streams } = configDefaults
    await backend.createStream(streams.raw.name, { shards: 1, role: 'raw' })
    const store = backend.leaseStore({ application, stream: streams.raw.name })
    await store.create({ shardId: 'shard', parents: [], checkpoint: { at: 'trimHorizon' } })
    const row = await store.get('shard')
    assert.ok(row !== undefined && (await store.take(row, 'gone')) !== 'lost')
    const { code, out } = await run(cwd, ['leases', 'release', 'shard'])
    assert.deepEqual([code, out], [0, '1 of 1 leases are free now: shard\n'])
    assert.equal((await store.get('shard'))?.owner, undefined)
    await backend.close()
  })

  test('tap, top and leases leave a directory of something else, or a file, as it is', async t => {
    const cwd = folder(t, { 'else/notes.txt': '' })
    for (const args of [['tap'], ['top'], ['leases', 'list']]) {
      const [other, file] = await Promise.all([
        run(cwd, [...args, '-d', 'else']),
        run(cwd, [...args, '-d', 'else/notes.txt']),
      ])
      assert.deepEqual([other.code, file.code], [66, 66])
      assert.match(other.err, /there is no pipeline in else; start one with millrace dev, or name/)
      assert.match(file.err, /notes\.txt is a file, no directory; start one with millrace dev, or name/)
    }
    assert.deepEqual(readdirSync(join(cwd, 'else')), ['notes.txt'])
  })

  test('a port that is taken is told with how to get another one', async t => {
    const other = createServer().listen(0, '127.0.0.1')
    t.after(() => other.close())
    await once(other, 'listening')
    const address = other.address()
    assert.ok(typeof address === 'object' && address !== null)
    const port = String(address.port)
    const cwd = folder(t, { 'a.conf': 'monitoring.http.enabled = false' })
    const [dev, collect] = await Promise.all([
      run(cwd, ['dev', '-c', 'a.conf', '--port', port]),
      run(cwd, ['collect', '-c', 'a.conf', '-d', 'another', '--port', port]),
    ])
    assert.deepEqual([dev.code, collect.code], [69, 69])
    assert.match(dev.err, /choose another collector port: --port 9191, or npm start -- --port 9191\. /)
    assert.match(collect.err, /: --port 9191\. Perhaps another Millrace runs there already$/m)
  })

  test('collect and run end at once where no directory can be made, and say what to do', async t => {
    const cwd = folder(t, { file: '', 'a.conf': 'monitoring.http.enabled = false' })
    // Below /proc the system refuses with an error that looks like a missing parent.
    const places = existsSync('/proc/self') ? ['file', '/proc/nowhere'] : ['file']
    const runs = ['collect', 'run'].flatMap(command =>
      places.map(place => [command, '-c', 'a.conf', '-d', place]),
    )
    for (const { code, err } of await Promise.all(runs.map(args => run(cwd, args)))) {
      assert.equal(code, 74)
      assert.match(
        err,
        /cannot make the directory \S+: .*; name another one with --directory or embedded\.directory\n/,
      )
    }
  })

  test('what is wrong with a resolver configuration is told with its file', async t => {
    const schema = 'iglu:com.snowplowanalytics.iglu/resolver-config/jsonschema/1-0-1'
    const repository = { name: 'a', priority: 'x', vendorPrefixes: [], connection: { folder: { path: '.' } } }
    const data = { cacheSize: 500, repositories: [repository] }
    const cwd = folder(t, { 'iglu.json': JSON.stringify({ schema, data }) })
    const [worker, lint] = await Promise.all([
      run(cwd, ['run', '--iglu-config', 'iglu.json']),
      run(cwd, ['lint', '--iglu-config', 'iglu.json']),
    ])
    const problem = 'iglu.json: data.repositories[0].priority: expected number, received string; correct it\n'
    assert.deepEqual([worker.code, worker.err], [78, `millrace: ${problem}`])
    assert.deepEqual([lint.code, lint.out], [78, problem])
  })

  test(
    'dev runs a pipeline: a request in, an event in tap, Ctrl-C drains and exits with 0',
    { timeout: 90_000 },
    async t => {
      // A configuration that was made for AWS is tried on this machine.
      const conf = 'backend = aws\nmonitoring.http.port = 0\nmonitoring.logLevel = info'
      const cwd = folder(t, { 'dev.conf': conf })
      const dev = spawn(
        process.execPath,
        [
          program,
          'dev',
          '--config',
          'dev.conf',
          '--backend',
          'embedded',
          '--port',
          '0',
          '--workers',
          '1',
          '--shards',
          '2',
          '--traffic',
          '0',
        ],
        { cwd },
      )
      t.after(() => dev.kill('SIGKILL'))
      const out = text(dev.stdout)
      const { port } = await logged(dev, 'collector-ready')
      const answer = await fetch(
        `http://127.0.0.1:${String(port)}/i?e=pv&p=web&aid=cli-test&url=http://example.com/`,
      )
      assert.equal(answer.status, 200)
      const place = ['--config', 'dev.conf', '--directory', 'millrace-data']
      const tap = await run(cwd, ['tap', ...place, '--from', 'horizon', '-n', '1'])
      assert.match(tap.out, /page_view +cli-test +web +http:\/\/example\.com\//)
      const json = await run(cwd, ['tap', '--from', 'horizon', '-n', '1', '--json'])
      assert.equal(JSON.parse(json.out).app_id, 'cli-test')
      const leases = await run(cwd, ['leases', 'list'])
      assert.match(leases.out, /^shardId-000000000001 +worker-1 +working/m)
      assert.match((await run(cwd, ['top'])).out, /^millrace on raw\n\nSHARD/)
      dev.kill('SIGINT')
      const [code] = await once(dev, 'exit')
      assert.equal(code, 0)
      assert.match(await out, /workers 0\/1 {2}requests 1 .* good 1 .* bad 0 /)
    },
  )

  test(
    'collect and run are processes of their own: they say when they are ready, and SIGTERM drains them',
    { timeout: 90_000 },
    async t => {
      const cwd = folder(t, { 'a.yaml': 'monitoring:\n  http:\n    port: 0\n' })
      const [collector, worker] = [
        spawn(process.execPath, [program, 'collect', '--config', 'a.yaml', '--port', '0'], { cwd }),
        spawn(process.execPath, [program, 'run', '--config', 'a.yaml', '--threads', '0'], { cwd }),
      ]
      t.after(() => [collector, worker].map(child => child.kill('SIGKILL')))
      const monitoring = logged(worker, 'monitoring-ready')
      const { port } = await logged(collector, 'collector-ready')
      assert.equal((await fetch(`http://127.0.0.1:${String(port)}/i?e=pv&p=web&aid=cli-test`)).status, 200)
      const tap = await run(cwd, ['tap', '--from', 'horizon', '-n', '1'])
      assert.match(tap.out, /page_view +cli-test/)
      const { port: monitoringPort } = await monitoring
      const ready = await fetch(`http://127.0.0.1:${String(monitoringPort)}/ready`)
      assert.deepEqual(await ready.json(), { alive: true, ready: true, reasons: [] })
      const metrics = await (await fetch(`http://127.0.0.1:${String(monitoringPort)}/metrics`)).text()
      assert.match(metrics, /^millrace_leases_held [1-4]$/m)
      const exits = [collector, worker].map(child => once(child, 'exit'))
      for (const child of [collector, worker]) child.kill('SIGTERM')
      assert.deepEqual(await Promise.all(exits), [
        [0, null],
        [0, null],
      ])
    },
  )

  test(
    'a schema registry that is down ends a batch with 69, and what came before is written',
    { timeout: 90_000 },
    async t => {
      const unstruct = JSON.stringify({
        schema: 'iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0',
        data: { schema: 'iglu:acme/x/jsonschema/1-0-0', data: {} },
      })
      const repository = {
        name: 'nobody',
        priority: 1,
        vendorPrefixes: [],
        connection: { http: { uri: 'http://127.0.0.1:9' } },
      }
      const resolver = {
        schema: 'iglu:com.snowplowanalytics.iglu/resolver-config/jsonschema/1-0-1',
        data: { cacheSize: 500, repositories: [repository] },
      }
      const cwd = folder(t, {
        'in.ndjson': `${good}\n{"url":"/i?e=ue&p=web&ue_pr=${encodeURIComponent(unstruct)}"}\n`,
        'resolver.json': JSON.stringify(resolver),
      })
      const { code, out, err } = await run(cwd, [
        'enrich',
        '--wait',
        '1s',
        '--iglu-config',
        'resolver.json',
        'in.ndjson',
      ])
      assert.equal(code, 69)
      assert.equal(out.split('\n').length, 2)
      assert.match(err, /nothing of in\.ndjson from record 2 on is written, run it again\n$/)
    },
  )
})
