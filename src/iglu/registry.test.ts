import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../lib/index.ts'
import { EmbeddedRegistry, schemasByUri } from './embedded-registry.ts'
import { FolderRegistry } from './folder-registry.ts'
import { HttpRegistry, type HttpRegistryOptions } from './http-registry.ts'
import { maxSchemaBytes, type RegistryAnswer } from './registry.ts'
import { SchemaResolver } from './resolver.ts'
import { parseSchemaKey, schemaKey } from './schema-key.ts'

const place = { name: 'test' }
const key = schemaKey('com.acme', 'event', '1-0-0')
const schema = { type: 'object' }

/** The answer of an HTTP registry whose server behaves like this. */
async function ask(
  listener: RequestListener,
  options: Partial<HttpRegistryOptions> = {},
  asked = key,
): Promise<RegistryAnswer> {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    return await new HttpRegistry(place, { uri: `http://127.0.0.1:${port}/base/`, ...options }).lookup(asked)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

async function withFolder(
  files: Record<string, string>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'iglu-'))
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text)
    }
    await use(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('an embedded schema is found by the key it gives itself', () => {
  const document = {
    ...schema,
    self: { vendor: 'com.acme', name: 'event', format: 'jsonschema', version: '1-0-0' },
  }
  const registry = new EmbeddedRegistry(place, schemasByUri([document]))
  assert.deepEqual(registry.lookup(key), { kind: 'found', schema: document })
  assert.deepEqual(registry.lookup(schemaKey('com.acme', 'event', '1-0-1')), { kind: 'notFound' })
})

test('a folder has its schemas below schemas/, or not', async () => {
  const files = {
    'schemas/com.acme/event/jsonschema/1-0-0': JSON.stringify(schema),
    'com.acme/event/jsonschema/1-0-1': JSON.stringify(schema),
    'com.acme/event/jsonschema/1-0-2': '{',
    'com.acme/event/jsonschema/1-0-3': ' '.repeat(maxSchemaBytes + 1),
    'outside/event/jsonschema/1-0-0': JSON.stringify(schema),
  }
  await withFolder(files, async folder => {
    const registry = new FolderRegistry(place, folder)
    const kinds: string[] = []
    for (const version of ['1-0-0', '1-0-1', '1-0-2', '1-0-3', '1-0-4']) {
      kinds.push((await registry.lookup(schemaKey('com.acme', 'event', version))).kind)
    }
    assert.deepEqual(kinds, ['found', 'found', 'refused', 'refused', 'notFound'])
  })
})

test('a folder gives nothing but regular files', async () => {
  await withFolder({ 'com.acme/event/jsonschema/1-0-0': JSON.stringify(schema) }, async folder => {
    const at = (version: string) => join(folder, 'com.acme/event/jsonschema', version)
    await symlink('/dev/zero', at('1-0-1'))
    execFileSync('mkfifo', [at('1-0-2')])
    await symlink(at('1-0-0'), at('1-0-3'))
    await mkdir(at('1-0-4'))
    const registry = new FolderRegistry(place, folder)
    const answers: RegistryAnswer[] = []
    for (const version of ['1-0-1', '1-0-2', '1-0-3', '1-0-4'])
      answers.push(await registry.lookup(schemaKey('com.acme', 'event', version)))
    const refused = { kind: 'refused', error: 'RepoFailure', message: 'The schema is not a regular file' }
    assert.deepEqual(answers, [refused, refused, { kind: 'found', schema }, { kind: 'notFound' }])
  })
})

test('a key cannot climb out of its folder', async () => {
  await withFolder({ 'event/jsonschema/1-0-0': JSON.stringify(schema) }, async folder => {
    const climbing = parseSchemaKey('iglu:../event/jsonschema/1-0-0')
    assert.ok(typeof climbing === 'object')
    assert.deepEqual(await new FolderRegistry(place, folder).lookup(climbing), { kind: 'notFound' })
  })
})

test('a key too long for any registry is not found, without asking', async () => {
  const long = schemaKey('a'.repeat(200), 'event', '1-0-0')
  assert.deepEqual(await new FolderRegistry(place, '/').lookup(long), { kind: 'notFound' })
  const unreachable = new HttpRegistry(place, { uri: 'http://127.0.0.1:1' })
  assert.deepEqual(await unreachable.lookup(long), { kind: 'notFound' })
})

test('a schema is asked for by its path, with the key to the registry', async () => {
  const seen: unknown[] = []
  const answer = await ask(
    (request, response) => {
      seen.push(request.url, request.headers.apikey)
      response.end(JSON.stringify(schema))
    },
    { apiKey: 'secret' },
  )
  assert.deepEqual(answer, { kind: 'found', schema })
  assert.deepEqual(seen, ['/base/schemas/com.acme/event/jsonschema/1-0-0', 'secret'])
})

test('what a status means', async () => {
  const cases: [number, RegistryAnswer['kind']][] = [
    [404, 'notFound'],
    [410, 'notFound'],
    [403, 'refused'],
    [429, 'down'],
    [500, 'down'],
    [503, 'down'],
  ]
  for (const [status, kind] of cases) {
    const answer = await ask((_, response) => response.writeHead(status).end('{}'))
    assert.equal(answer.kind, kind, String(status))
  }
})

test('an answer that is no schema is refused', async () => {
  assert.equal((await ask((_, response) => response.end('<html>'))).kind, 'refused')
  assert.equal((await ask((_, response) => response.end('[]'))).kind, 'refused')
  assert.equal((await ask((_, response) => response.end(' '.repeat(maxSchemaBytes + 1)))).kind, 'refused')
  const deep = '{"a":'.repeat(50_000) + '1' + '}'.repeat(50_000)
  assert.equal((await ask((_, response) => response.end(deep))).kind, 'refused')
})

test('a registry that cannot be reached, or does not finish, is down', async () => {
  const unreachable = await new HttpRegistry(place, { uri: 'http://127.0.0.1:1' }).lookup(key)
  assert.ok(unreachable.kind === 'down' && unreachable.scope === 'registry')
  const silent = await ask(() => undefined, { timeoutMs: 50 })
  assert.ok(silent.kind === 'down' && silent.scope === 'registry')
  const unfinished = await ask((_, response) => response.writeHead(200).write('{'), { timeoutMs: 50 })
  assert.equal(unfinished.kind, 'down')
})

test('a server that fails for one path only does not keep anybody waiting', async t => {
  const failures: Record<string, RequestListener> = {
    error: (_, response) => response.writeHead(500).end(),
    busy: (_, response) => response.writeHead(429).end(),
    dripping: (_, response) => response.writeHead(200).write('{'),
    reset: request => request.socket.destroy(),
    loop: (request, response) => response.writeHead(302, { location: request.url }).end(),
    elsewhere: (_, response) => response.writeHead(302, { location: 'https://sso.invalid/' }).end(),
  }
  const server = createServer((request, response) => {
    const fail = failures[request.url?.split('/')[3] ?? '']
    if (fail === undefined) response.writeHead(404).end()
    else fail(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const registry = new HttpRegistry(place, { uri: `http://127.0.0.1:${port}`, timeoutMs: 1000 })
  const resolver = new SchemaResolver({ registries: [registry], clock: systemClock })
  const names = Object.keys(failures)
  const lookups = await Promise.all(
    names.map(async name => resolver.lookup(schemaKey('com.acme', name, '1-0-0'))),
  )
  const attempts = lookups.map(lookup =>
    lookup.kind === 'missing' ? lookup.error.lookupHistory[0]?.attempts : 'found',
  )
  assert.deepEqual(attempts, [3, 3, 3, 3, 3, 1])
  // As a whole it is down only when it answers nothing.
  server.close()
  server.closeAllConnections()
  await assert.rejects(async () => resolver.lookup(key), /cannot be reached/)
})

test('an unknown host is told with what to do', async () => {
  // Too long for a name, so nobody else is asked.
  const answer = await new HttpRegistry(place, { uri: `http://${'a'.repeat(64)}.invalid` }).lookup(key)
  assert.ok(answer.kind === 'down')
  assert.match(
    answer.message,
    /^http:\S+ cannot be reached: .*; check the host in the resolver configuration$/,
  )
})

test('redirects are followed on the same host only', async () => {
  const found = await ask((request, response) => {
    if (request.url?.startsWith('/moved') === true) response.end(JSON.stringify(schema))
    else response.writeHead(301, { location: `/moved${request.url}` }).end()
  })
  assert.equal(found.kind, 'found')
  const elsewhere = await ask((_, response) =>
    response.writeHead(302, { location: 'http://localhost:1/' }).end(),
  )
  assert.ok(elsewhere.kind === 'refused' && elsewhere.message.includes('http://localhost:1'))
  const endless = await ask((_, response) => response.writeHead(302, { location: '/' }).end())
  assert.equal(endless.kind, 'down')
})
