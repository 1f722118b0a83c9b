/**
 * A script of somebody who makes mistakes. For most events it does a little; for users named `script N` what N says, so
 * that the same payload makes the same mistake.
 */
export const script = `
function pick(list, n) { return list[n % list.length] }
const odd = ['', '\\0', '\\t\\n', '\\ud800', '__proto__', '{"a":', 'null', '[]', '1e999', '9'.repeat(500), '::1', '%', 'x'.repeat(70000)]
const numbers = [NaN, Infinity, -0, 1e308, 2 ** 53, -1, 0.1, 2 ** 31]
function deep(levels) { let value = 1; while (levels-- > 0) value = [value]; return value }
function deepText(levels) { return '['.repeat(levels) + ']'.repeat(levels) }
function context(data) { return { schema: 'iglu:com.acme/any/jsonschema/1-0-0', data: data } }

function process(event, params, headers) {
  const user = event.getUser_id() || ''
  if (!user.startsWith('script ')) {
    if (user === 'user-7') event.drop()
    event.setApp_id((event.getApp_id() || 'none').toLowerCase())
    return [{ schema: 'iglu:com.acme/user/jsonschema/1-0-0', data: { id: user, headers: headers.length } }]
  }
  const n = Number(user.slice(7)) || 0
  const setters = Object.getOwnPropertyNames(Object.getPrototypeOf(event)).concat(Object.keys(event)).filter(name => /^set/.test(name))
  const value = () => pick([() => pick(odd, n >> 3), () => pick(numbers, n >> 3), () => null, () => ({}), () => true, () => undefined], n >> 6)()
  const faults = [
    () => { event[pick(setters, n)](value()) ; return [] },
    () => { for (let i = 0; i < 20; i++) event[pick(setters, n + i * 7)](pick(odd, n + i)); return [] },
    () => { event.setContexts(pick(odd, n)); return [] },
    () => { event.setUnstruct_event('{"schema":"iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0","data":{"schema":"iglu:com.acme/any/jsonschema/1-0-0","data":' + pick(odd, n) + '}}'); return [] },
    () => { event.setContexts('{"schema":"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0","data":[{"schema":"iglu:com.acme/user/jsonschema/1-0-0","data":{"tags":' + deepText(pick([30, 500, 20000], n)) + '}}]}'); return [] },
    () => { event.setUser_ipaddress(pick(odd, n)); event.setUseragent(pick(odd, n >> 4)); return [] },
    () => { event.setGeo_latitude(pick(numbers, n)); event.setGeo_longitude(-0); return [] },
    () => { throw pick([new Error('x'.repeat(5000)), null, undefined, 'text', { toString: null }, Symbol('s'), 1n], n) },
    () => [context(deep(n % 2000))],
    () => [context('y'.repeat(n % 300000))],
    () => Array.from({ length: n % 3000 }, () => context({ a: 1 })),
    () => pick([null, undefined, {}, 'x', [1], [null], [{ schema: 'x' }], [{ schema: 'iglu:a/b/c/1-0-0' }], Symbol('s'), 1n, NaN], n),
    () => { const loop = []; loop.push(loop); return [context(loop)] },
    () => [context(JSON.parse('{"__proto__":{"a":1},"toJSON":1,"":{"":[]}}'))],
    () => [{ schema: 'iglu:com.acme/' + pick(['patterns', 'twice', 'states', 'narrow', 'broken', 'missing'], n) + '/jsonschema/1-0-0', data: { a: 'a'.repeat(n % 3000), b: odd } }],
    () => [{ get schema() { throw new Error('no') }, data: {} }],
    () => [{ toJSON() { return context({ a: numbers }) } }],
    () => { event.eraseDerived_contexts && event.eraseDerived_contexts(); return [context({ only: this === undefined })] },
    () => { event.drop(); throw new Error('dropped and failed') },
    () => { Array.prototype.map = null; JSON.stringify = () => '{'; Object.prototype.error = 'x'; return [] },
    () => { globalThis.process = null; return [] },
    () => { const pieces = []; if (n % 40 === 0) for (;;) pieces.push('z'.repeat(100000) + pieces.length); return [] },
    () => { if (n % 40 === 1) for (;;) n; return [] },
    () => { if (n % 10 === 1) /^(a+)+$/.test('a'.repeat(40) + '!'); return [] },
    () => { if (n % 10 === 2) { const f = () => f() + 1; f() } return [] },
  ]
  return pick(faults, n >> 10)()
}
`

/** The second script sees what the first one left. */
export const secondScript = `
function process(event) {
  JSON.parse(event.getDerived_contexts() || '{}')
  event.setName_tracker(event.getName_tracker() || 'second')
}
`
