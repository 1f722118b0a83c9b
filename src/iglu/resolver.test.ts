import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clock, MillraceError } from '../lib/index.ts'
import type { Registry, RegistryAnswer } from './registry.ts'
import { type SchemaLookup, SchemaResolver, type SchemaResolverOptions } from './resolver.ts'
import { type SchemaKey, schemaKey } from './schema-key.ts'

const key = schemaKey('com.acme', 'event', '1-0-0')
const start = Date.UTC(2024, 0, 1)
const no: RegistryAnswer = { kind: 'notFound' }
const down: RegistryAnswer = { kind: 'down', scope: 'schema', message: 'HTTP 503' }
const unreachable: RegistryAnswer = { kind: 'down', scope: 'registry', message: 'refused' }

function found(schema: unknown): RegistryAnswer {
  return { kind: 'found', schema }
}

class ManualClock implements Clock {
  ms = 0
  now(): number {
    return start + this.ms
  }
  monotonic(): number {
    return this.ms
  }
  sleep(ms: number): Promise<void> {
    this.ms += ms
    return Promise.resolve()
  }
}

/** Says what it is told to, and remembers what it was asked. */
class ScriptedRegistry implements Registry {
  readonly name: string
  readonly classPriority: number
  readonly priority: number
  readonly vendorPrefixes: readonly string[]
  answer: RegistryAnswer = no
  readonly byUri = new Map<string, RegistryAnswer>()
  readonly asked: string[] = []

  constructor(
    name: string,
    { classPriority = 100, priority = 0, vendorPrefixes = [] as readonly string[] } = {},
  ) {
    this.name = name
    this.classPriority = classPriority
    this.priority = priority
    this.vendorPrefixes = vendorPrefixes
  }

  async lookup({ uri }: SchemaKey): Promise<RegistryAnswer> {
    this.asked.push(uri)
    await Promise.resolve()
    return this.byUri.get(uri) ?? this.answer
  }
}

function setUp(options: Partial<SchemaResolverOptions> = {}): {
  readonly clock: ManualClock
  readonly registry: ScriptedRegistry
  readonly resolver: SchemaResolver
} {
  const clock = new ManualClock()
  const registry = new ScriptedRegistry('one')
  return { clock, registry, resolver: new SchemaResolver({ registries: [registry], clock, ...options }) }
}

function isSync(lookup: SchemaLookup | Promise<SchemaLookup>): boolean {
  return !(lookup instanceof Promise)
}

async function refusedCount(resolver: SchemaResolver, data: unknown): Promise<number> {
  const lookup = await resolver.lookup(key)
  assert.ok(lookup.kind === 'found')
  return lookup.schema.validate(data).length
}

test('a found schema is there at once the next time', async () => {
  const { registry, resolver } = setUp()
  registry.answer = found({ type: 'object' })
  assert.ok(!isSync(resolver.lookup(key)))
  await resolver.lookup(key)
  assert.ok(isSync(resolver.lookup(key)))
  assert.equal(registry.asked.length, 1)
})

test('callers who want the same schema share one search', async () => {
  const { registry, resolver } = setUp()
  registry.answer = found({})
  await Promise.all([resolver.lookup(key), resolver.lookup(key), resolver.lookup(key)])
  assert.equal(registry.asked.length, 1)
})

test('registries are asked by vendor, then kind, then priority', async () => {
  const registries = [
    new ScriptedRegistry('d', { classPriority: 100, priority: 2 }),
    new ScriptedRegistry('c', { classPriority: 100, priority: 1 }),
    new ScriptedRegistry('b', { classPriority: 1, priority: 9 }),
    new ScriptedRegistry('a', { priority: 9, vendorPrefixes: ['com.ac'] }),
  ]
  const order: string[] = []
  for (const registry of registries) {
    registry.lookup = () => {
      order.push(registry.name)
      return Promise.resolve(no)
    }
  }
  await setUp({ registries }).resolver.lookup(key)
  assert.deepEqual(order, ['a', 'b', 'c', 'd'])
})

test('two registries of one name are refused', () => {
  const registries = [new ScriptedRegistry('a'), new ScriptedRegistry('a')]
  assert.throws(
    () => setUp({ registries }),
    (error: unknown) => error instanceof MillraceError && error.code === 'config',
  )
})

test('a schema that nobody has is missing, with all that was said, sorted by name', async () => {
  const registries = [new ScriptedRegistry('z'), new ScriptedRegistry('a', { priority: 1 })]
  const [z, a] = registries
  assert.ok(z && a)
  a.answer = { kind: 'refused', error: 'ClientFailure', message: 'HTTP 403' }
  const { resolver } = setUp({ registries })
  const lookup = await resolver.lookup(key)
  const lastAttempt = '2024-01-01T00:00:00.000Z'
  assert.deepEqual(lookup, {
    kind: 'missing',
    error: {
      error: 'ResolutionError',
      lookupHistory: [
        {
          repository: 'a',
          errors: [{ error: 'ClientFailure', message: 'HTTP 403' }],
          attempts: 1,
          lastAttempt,
        },
        { repository: 'z', errors: [{ error: 'NotFound' }], attempts: 1, lastAttempt },
      ],
    },
  })
})

test('a missing schema is remembered for a while, then asked for again', async () => {
  const { clock, registry, resolver } = setUp({ missingTtlMs: 1000 })
  await resolver.lookup(key)
  clock.ms = 999
  assert.ok(isSync(resolver.lookup(key)))
  clock.ms = 1000
  registry.answer = found({})
  assert.equal((await resolver.lookup(key)).kind, 'found')
  assert.equal(registry.asked.length, 2)
})

test('a flood of missing schemas does not push known ones out', async () => {
  const { registry, resolver } = setUp({ cacheSize: 10 })
  registry.byUri.set(key.uri, found({}))
  await resolver.lookup(key)
  for (let index = 0; index < 5000; index++)
    await resolver.lookup(schemaKey('com.acme', `made-up-${index}`, '1-0-0'))
  assert.ok(isSync(resolver.lookup(key)))
})

test('while a registry is down, nobody can say that a schema is missing', async () => {
  const registries = [new ScriptedRegistry('up'), new ScriptedRegistry('broken')]
  const [, broken] = registries
  assert.ok(broken)
  broken.answer = down
  const { resolver } = setUp({ registries })
  await assert.rejects(
    async () => resolver.lookup(key),
    (error: unknown) =>
      error instanceof MillraceError &&
      error.code === 'iglu' &&
      error.retryable &&
      error.message.includes('no answer from broken (HTTP 503), and no other registry has it'),
  )
})

test('a registry that is down is asked again after a delay that grows, and then its answer counts', async () => {
  const { clock, registry, resolver } = setUp()
  registry.answer = down
  const asked: number[] = []
  for (clock.ms = 0; clock.ms < 10_000; clock.ms += 100) {
    const before = registry.asked.length
    await assert.rejects(async () => resolver.lookup(key))
    if (registry.asked.length > before) asked.push(clock.ms)
  }
  assert.deepEqual(asked, [0, 600, 1200, 1800, 2600, 4200, 8800])
  registry.answer = found({})
  clock.ms = 60_000
  assert.equal((await resolver.lookup(key)).kind, 'found')
})

test('a registry that cannot be reached is left alone for all schemas, until it answers', async () => {
  const { clock, registry, resolver } = setUp()
  registry.answer = unreachable
  const other = schemaKey('com.acme', 'other', '1-0-0')
  await assert.rejects(async () => resolver.lookup(key))
  const asked = registry.asked.length
  await assert.rejects(async () => resolver.lookup(other))
  assert.equal(registry.asked.length, asked)
  clock.ms = 600
  registry.answer = found({})
  assert.equal((await resolver.lookup(other)).kind, 'found')
  assert.equal((await resolver.lookup(key)).kind, 'found')
})

for (const failure of [down, unreachable]) {
  test(`a registry that answers, but not for one schema (${failure.message}), has said no`, async () => {
    const news: unknown[] = []
    const { clock, registry, resolver } = setUp({ missingTtlMs: 1000, tell: item => news.push(item) })
    registry.byUri.set(key.uri, failure)
    const askedFor = () => registry.asked.filter(uri => uri === key.uri).length
    const lookup = await resolver.lookup(key)
    assert.ok(lookup.kind === 'missing')
    const { message } = failure as { message: string }
    const [history] = lookup.error.lookupHistory
    assert.deepEqual([history?.errors, history?.attempts], [[{ error: 'RepoFailure', message }], 3])
    assert.ok(clock.ms < 10_000)
    assert.ok(isSync(resolver.lookup(key)))
    // Later it is asked once, and not with all the patience of the first time.
    clock.ms += 1000
    assert.equal((await resolver.lookup(key)).kind, 'missing')
    assert.equal(askedFor(), 4)
    clock.ms += 1000
    registry.byUri.set(key.uri, found({}))
    assert.equal((await resolver.lookup(key)).kind, 'found')
    assert.deepEqual(news, [])
  })
}

test('a schema whose registry is slow to fail is given up after ten seconds', async () => {
  const { clock, registry, resolver } = setUp()
  registry.lookup = ({ uri }: SchemaKey) => {
    if (uri !== key.uri) return Promise.resolve(no)
    clock.ms += 5000
    return Promise.resolve(unreachable)
  }
  assert.equal((await resolver.lookup(key)).kind, 'missing')
  assert.ok(clock.ms >= 10_000 && clock.ms < 11_000)
})

test('a failure for one schema does not keep the others from being asked for', async () => {
  const { registry, resolver } = setUp()
  registry.byUri.set(key.uri, unreachable)
  const other = schemaKey('com.acme', 'other', '1-0-0')
  registry.byUri.set(other.uri, found({}))
  const failing = resolver.lookup(key)
  assert.equal((await resolver.lookup(other)).kind, 'found')
  assert.equal((await failing).kind, 'missing')
})

test('whoever makes up names that a registry fails for gets little of its time', async () => {
  const { clock, registry, resolver } = setUp()
  for (let i = 0; i < 500; i++) {
    const made = schemaKey('com.acme', `made-up-${i}`, '1-0-0')
    registry.byUri.set(made.uri, down)
    assert.equal((await resolver.lookup(made)).kind, 'missing')
  }
  assert.ok(clock.ms < 10_000, `${clock.ms} ms`)
  clock.ms += 60_000
  registry.byUri.set(key.uri, down)
  const before = registry.asked.length
  assert.equal((await resolver.lookup(key)).kind, 'missing')
  assert.equal(registry.asked.slice(before).filter(uri => uri === key.uri).length, 3)
})

test('a schema that was given up is in doubt again once its registry is down as a whole', async () => {
  const { clock, registry, resolver } = setUp({ missingTtlMs: 1000 })
  registry.byUri.set(key.uri, down)
  assert.equal((await resolver.lookup(key)).kind, 'missing')
  registry.answer = down
  clock.ms += 1000
  await assert.rejects(async () => resolver.lookup(key), /no answer from one/)
})

test('another registry is asked before one schema is given up', async () => {
  const registries = [new ScriptedRegistry('broken'), new ScriptedRegistry('good', { priority: 1 })]
  const [broken, good] = registries
  assert.ok(broken && good)
  broken.byUri.set(key.uri, down)
  good.byUri.set(key.uri, found({}))
  const { clock, resolver } = setUp({ registries })
  assert.equal((await resolver.lookup(key)).kind, 'found')
  assert.equal(clock.ms, 0)
})

test('events may become bad rows during an outage, if that is what the operator wants', async () => {
  const { clock, registry, resolver } = setUp({ onOutage: 'badRow' })
  registry.answer = down
  const lookup = await resolver.lookup(key)
  assert.ok(lookup.kind === 'missing')
  assert.deepEqual(lookup.error.lookupHistory[0]?.errors, [{ error: 'RepoFailure', message: 'HTTP 503' }])
  assert.ok(isSync(resolver.lookup(key)))
  clock.ms = 1000
  registry.answer = found({})
  assert.equal((await resolver.lookup(key)).kind, 'found')
})

test('a schema that has come of age is asked for again', async () => {
  const { clock, registry, resolver } = setUp({ cacheTtlMs: 1000 })
  registry.answer = found({ type: 'object' })
  assert.equal(await refusedCount(resolver, 'text'), 1)
  registry.answer = found({ type: 'string' })
  clock.ms = 999
  assert.equal(await refusedCount(resolver, 'text'), 1)
  clock.ms = 1000
  assert.equal(await refusedCount(resolver, 'text'), 0)
})

test('the last known schema is used when it cannot be refreshed', async () => {
  const { clock, registry, resolver } = setUp({ cacheTtlMs: 1000 })
  registry.answer = found({ type: 'object' })
  await resolver.lookup(key)
  for (const answer of [down, unreachable, no]) {
    registry.answer = answer
    clock.ms += 2000
    assert.equal(await refusedCount(resolver, {}), 0)
    assert.ok(isSync(resolver.lookup(key)))
  }
  registry.answer = found({ type: 'string' })
  clock.ms += 60_000
  assert.equal(await refusedCount(resolver, {}), 1)
})

test('data are held against the version that supersedes theirs', async () => {
  const { registry, resolver } = setUp()
  registry.byUri.set(key.uri, found({ type: 'string', $supersededBy: '1-0-2' }))
  registry.byUri.set('iglu:com.acme/event/jsonschema/1-0-2', found({ type: 'object' }))
  const lookup = await resolver.lookup(key)
  assert.ok(lookup.kind === 'found')
  assert.equal(lookup.schema.key, key)
  assert.equal(lookup.schema.supersededBy, '1-0-2')
  assert.equal(lookup.schema.check({}), undefined)
  assert.equal(lookup.schema.check('text')?.supersededBy, '1-0-2')
})

test('a superseding version that is not later, or missing, makes the schema missing', async () => {
  for (const [version, error] of [
    ['1-0-0', 'ClientFailure'],
    ['one', 'ClientFailure'],
    ['1-0-1', 'NotFound'],
  ]) {
    const { registry, resolver } = setUp()
    registry.byUri.set(key.uri, found({ $supersededBy: version }))
    const lookup = await resolver.lookup(key)
    assert.ok(lookup.kind === 'missing')
    assert.equal(lookup.error.lookupHistory[0]?.errors[0]?.error, error)
  }
})

test('a broken schema is found, and accepts nothing', async () => {
  const { registry, resolver } = setUp()
  registry.answer = found({ type: 3 })
  assert.ok((await refusedCount(resolver, {})) > 0)
})

test('an outage of a registry is told once, and its end with how long it took', async () => {
  const clock = new ManualClock()
  const registry = new ScriptedRegistry('Mine')
  const news: unknown[] = []
  const resolver = new SchemaResolver({ registries: [registry], clock, tell: item => news.push(item) })
  const ask = async (name: string) => {
    await Promise.resolve(resolver.lookup(schemaKey('com.acme', name, '1-0-0'))).catch(() => {})
  }
  registry.answer = down
  await ask('one')
  clock.ms = 5000
  await ask('two')
  assert.deepEqual(news, [{ registry: 'Mine', error: 'HTTP 503' }])
  registry.answer = no
  clock.ms = 9000
  await ask('three')
  assert.deepEqual(news.slice(1), [{ registry: 'Mine', outageMs: 9000 }])
})
