import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { columnIndex, columns, type Script } from '../core/index.ts'
import { MillraceError } from '../lib/index.ts'
import { engineNames, openScripts, scriptDefaults, type EngineName, type ScriptOptions } from './index.ts'
import { javaUsed } from './java.ts'

function isInstalled(engine: EngineName): boolean {
  try {
    createRequire(import.meta.url).resolve(engine === 'quickjs' ? 'quickjs-wasi/quickjs.wasm' : engine)
    return true
  } catch {
    return false
  }
}

function row(values: Partial<Record<keyof typeof columnIndex, string>> = {}): string {
  return columns.map(([name]) => values[name] ?? '').join('\t')
}

const shop = row({ app_id: 'shop', br_viewwidth: '800', tr_total: '12.50', contexts: '{"a":1}' })

async function call(script: Script, line = shop, headers: readonly string[] = []) {
  const answer = await script.call(line, headers)
  if ('error' in answer) return answer
  const reply: unknown = answer.reply === '' ? null : JSON.parse(answer.reply)
  return reply as {
    error?: string
    contexts?: unknown
    changes?: object
    dropped?: boolean
    erased?: boolean
  }
}

for (const engine of engineNames) {
  const absent = isInstalled(engine) ? false : `${engine} is not installed`
  const options: ScriptOptions = { ...scriptDefaults, engine, timeoutMs: 100, memoryBytes: 32 * 1024 * 1024 }
  const compile = (source: string, parameters = {}) => openScripts(options).compile(source, parameters)
  const body = (source: string) => compile(`function process(event, params, headers) { ${source} }`)
  const it = (name: string, work: () => Promise<void>) => test(`${engine}: ${name}`, { skip: absent }, work)

  it('a script that does nothing says nothing', async () => {
    assert.equal(await call(await body('')), null)
    assert.equal(await call(await body('return null')), null)
  })

  it('columns are read by getters and as properties, numbers as numbers', async () => {
    const script = await body(`return [
      event.getApp_id(), event.app_id, event.getBr_viewwidth(), event.tr_total, event.getUser_id(), event.contexts,
    ]`)
    const reply = await call(script)
    assert.deepEqual(reply?.['contexts' as never], ['shop', 'shop', 800, 12.5, null, '{"a":1}'])
  })

  it('columns are set by setters and as properties, and read again', async () => {
    const script = await body(`
      event.setApp_id('new'); event.br_viewwidth = '640'; event.setTr_total(1.5); event.user_id = null
      event.br_cookies = true
      return [event.app_id, event.getBr_viewwidth(), event.user_id]`)
    const reply = await call(script)
    assert.ok(reply !== null && 'changes' in reply)
    assert.deepEqual(reply.contexts, ['new', 640, null])
    assert.deepEqual(reply.changes, {
      [columnIndex.app_id]: 'new',
      [columnIndex.br_viewwidth]: 640,
      [columnIndex.tr_total]: '1.5',
      [columnIndex.user_id]: null,
      [columnIndex.br_cookies]: 1,
    })
  })

  it('a value that a column cannot have is refused where it is set', async () => {
    for (const source of [
      'event.br_viewwidth = 1.5',
      'event.br_cookies = 2',
      'event.app_id = {}',
      'event.tr_total = "x"',
    ]) {
      const reply = await call(await body(source))
      assert.match(reply !== null && 'error' in reply ? reply.error : '', /TypeError: \w+ cannot be set/)
    }
  })

  it('parameters and headers are handed in', async () => {
    const script = await compile('const process = (event, { limit }, [first]) => [limit, first]', {
      limit: 7,
    })
    const reply = await call(script, shop, ['Accept: */*'])
    assert.ok(reply !== null && 'contexts' in reply)
    assert.deepEqual(reply.contexts, [7, 'Accept: */*'])
  })

  for (const head of ['(a, b, c)', '(a, b, c = 1)', '(...all)', '({}, b, c)', '(a, b = (1), c)']) {
    it(`headers are handed in to process${head}`, async () => {
      const take = head === '(...all)' ? 'all[2]' : 'c'
      const script = await compile(`const process = ${head} => ${take}`)
      assert.deepEqual(await call(script, shop, ['A: b']), { contexts: ['A: b'] })
    })
  }

  it('an event can be dropped and its derived contexts erased', async () => {
    const script = await body('event.drop(); event.eraseDerived_contexts(); return [event.derived_contexts]')
    const reply = await call(script, row({ derived_contexts: '{}' }))
    assert.ok(reply !== null && 'dropped' in reply)
    assert.deepEqual([reply.dropped, reply.erased, reply.contexts], [true, true, [null]])
  })

  it('the language is that of 2023', async () => {
    const script = await compile(`
      class Box { #v = 1n; static { this.made = true } get v() { return this.#v } }
      export_ = x => x ?? 0
      const process = () => [Box.made, String(new Box().v), [3, 1, 2].toSorted().at(-1), Object.groupBy([1], () => 'a')]`)
    const reply = await call(script)
    assert.deepEqual(reply !== null && 'contexts' in reply && reply.contexts, [true, '1', 3, { a: [1] }])
  })

  it('what was set before a throw is told with it', async () => {
    const reply = await call(await body(`event.app_id = 'new'; throw new Error('no such shop')`))
    assert.ok(reply !== null && 'changes' in reply)
    assert.match(String(reply.error), /Error: no such shop/)
    assert.deepEqual(reply.changes, { [columnIndex.app_id]: 'new' })
  })

  for (const [source, why] of [
    ['function process(event) { return [', /compiling/],
    ['function proces(event) {}', /no function process/],
    ['let process = 7', /no function process/],
    ['throw new Error("at once")', /at once/],
    ['for (;;);', /took longer than 1000? ms/],
    [
      'const Sha = Java.type("java.security.MessageDigest"); function process() {}',
      /Java\.type: classes of Java/,
    ],
  ] as const) {
    it(`is refused at start: ${source}`, async () => {
      await assert.rejects(compile(source), (error: unknown) => {
        assert.ok(error instanceof MillraceError && error.code === 'config')
        assert.match(error.message, why)
        return true
      })
    })
  }

  it('the line that cannot be compiled is named', async () => {
    const compiling = compile('function process(event) {\n  var x = ;\n}')
    // V8 says what it cannot read, and not where.
    await assert.rejects(compiling, engine === 'quickjs' ? /\[unexpected token .*, in line 2\]/ : /compiling/)
  })

  // Each does harm to the first event that asks for it, and the next event must not feel it.
  for (const [name, harm, expected] of [
    ['an endless loop', 'for (;;);', /took longer/],
    ['a loop that catches', 'for (;;) try { for (;;); } catch {}', /took longer/],
    ['a regular expression that explodes', '/^(a+)+$/.test("a".repeat(40) + "b")', /took longer/],
    ['a memory bomb', 'const all = []; for (;;) all.push(new Array(100000).fill("x"))', /memory|longer/],
    ['a text bomb', '"x".repeat(2 ** 29)', /memory|length/i],
    ['endless recursion', '(function f() { f() })()', /stack/i],
    ['an error that cannot be told', 'throw { toString() { for (;;); } }', /took longer/],
    ['an error without a text', 'throw Object.create(null)', /./],
    ['a huge result', 'return ["x".repeat(5000000)]', /characters|memory/],
    ['a result that cannot be written', 'const a = []; a.push(a); return a', /circular/i],
    ['a result that never ends', 'return [{ toJSON() { for (;;); } }]', /took longer/],
  ] as const) {
    it(`${name} costs its own event only`, async () => {
      const script = await compile(
        `function process(event) { if (event.app_id === 'evil') { ${harm} } return [event.app_id] }`,
      )
      const reply = await call(script, row({ app_id: 'evil' }))
      assert.match(reply !== null && 'error' in reply ? reply.error : '', expected)
      const next = await call(script, row({ app_id: 'kind' }))
      assert.deepEqual(next, { contexts: ['kind'] })
    })
  }

  it('of events that are under way at once, only the harmful ones feel it', async () => {
    const script = await compile(
      `function process(event) { if (event.app_id === 'evil') for (;;); return [1] }`,
    )
    const lines = ['evil', 'kind', 'evil', 'kind', 'kind'].map(appId => row({ app_id: appId }))
    const replies = await Promise.all(lines.map(line => call(script, line)))
    assert.deepEqual(
      replies.map(reply => reply !== null && 'error' in reply),
      [true, false, true, false, false],
    )
  })

  it('a script that changes what everything stands on spoils only its own results', async () => {
    const script = await compile(`
      function process(event) {
        Object.prototype.toJSON = () => 'x'; Array.prototype.map = null; String.prototype.split = () => [1]
        JSON.stringify = () => 'no json'; JSON.parse = () => { throw 1 }
        return [event.getApp_id()]
      }`)
    for (let round = 0; round < 3; round++) {
      const { reply } = { reply: '', ...(await script.call(shop, [])) }
      assert.equal(JSON.parse(reply), 'x')
    }
    assert.equal(Object.hasOwn(Object.prototype, 'toJSON'), false)
  })

  it('there is no way out', async () => {
    const script = await compile(`
      const found = []
      const tries = [
        () => this.constructor.constructor('return process.versions.node')(),
        () => process.constructor.constructor('return process.env.PATH')(),
        () => require('fs'), () => fetch('http://127.0.0.1'), () => globalThis.process.exit(1),
        () => WebAssembly.Memory.prototype.x.x,
        () => std.exit(1), () => os.exec(['true']),
      ]
      function process(event) {
        for (const [index, attempt] of tries.entries()) try { found.push([index, String(attempt())]) } catch {}
        try { found.push(String(event.getApp_id.constructor('return process.versions.node')())) } catch {}
        return found
      }`)
    const reply = await call(script)
    assert.deepEqual(reply, { contexts: [] })
  })

  it('a recursion without end fails its own event and leaves the world of the next one whole', async () => {
    const script = await body(`
      if (event.app_id === 'next') return [1]
      const deep = n => n === 0 ? 0 : 1 + deep(n - 1)
      if (event.app_id === 'json') return JSON.parse('['.repeat(1e6))
      return [deep(event.app_id === 'some' ? 1000 : 1e9)]`)
    for (let round = 0; round < 10; round++) {
      for (const app_id of ['much', 'json']) assert.ok((await call(script, row({ app_id })))?.error)
      assert.deepEqual(await call(script, row({ app_id: 'next' })), { contexts: [1] })
      assert.deepEqual(await call(script, row({ app_id: 'some' })), { contexts: [1000] })
    }
  })

  it('what is left to promises is done after the call', async () => {
    const script = await body(`
      globalThis.done ??= 0
      if (event.app_id === 'endless') Promise.resolve().then(() => { for (;;); })
      Promise.resolve().then(() => globalThis.done++)
      return [done]`)
    for (let round = 0; round < 3; round++) assert.deepEqual(await call(script), { contexts: [round] })
    // An engine may leave such a loop to the limit of the whole thread, but must not go on with it in the next call.
    if (engine === 'quickjs')
      assert.match(String((await call(script, row({ app_id: 'endless' })))?.error), /took longer/)
  })

  it('a function that gives a promise or a generator is refused at once', async () => {
    await assert.rejects(compile('async function process() { return [] }'), /process is async or a generator/)
    await assert.rejects(compile('function* process() {}'), /make it a plain function/)
  })

  it('a script is told how much memory it may take', async () => {
    // Not of long strings: V8 has a repeated one for next to nothing.
    const reply = await call(await body('const all = []; for (;;) all.push(new Array(1e5).fill(all.length))'))
    assert.match(String(reply?.error), /it took more than 32 MiB of memory and was stopped/)
  })

  it('a message is cut, whoever makes it', async () => {
    for (const thrown of [`'x'.repeat(1e6)`, `{ toString() { throw 'x'.repeat(1e6) } }`]) {
      const reply = await call(await body(`throw ${thrown}`))
      assert.ok(String(reply?.error).length <= 1000)
    }
  })

  it('a hundred endless loops in a row take seconds, not a minute', async () => {
    const script = await body('for (;;);')
    const began = performance.now()
    for (let round = 0; round < 100; round++) await call(script)
    assert.ok(performance.now() - began < 30_000)
  })
}

test('what Java a script uses is seen, but not in comments', () => {
  assert.equal(javaUsed('var S = Java.type("java.lang.String")'), 'Java.type')
  assert.equal(javaUsed('var u = java.util.UUID.randomUUID()'), 'java.util')
  assert.equal(javaUsed('new Packages.org.apache.commons.codec.digest.DigestUtils()'), 'Packages.')
  assert.equal(javaUsed('// Java.type("x")\n/* java.lang.String */ var java = 1; f(java)'), undefined)
  assert.equal(javaUsed('const s = "http://x//y"; const j = javascript.type'), undefined)
})

test('a top level that nothing can stop is refused where it is rehearsed; one that ends is not held up', async () => {
  const scripts = openScripts({ ...scriptDefaults, timeoutMs: 50 }, { rehearse: true })
  const endless = 'Array.prototype.reverse.call({ length: 2 ** 53 - 1 }); function process() {}'
  await assert.rejects(scripts.compile(endless, {}), { code: 'config', message: /does not come to an end/ })
  const script = await scripts.compile('function process() { return [] }', {})
  assert.ok(script)
  await assert.rejects(scripts.compile('function other() {}', {}), { message: /no function process/ })
})
