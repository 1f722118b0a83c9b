import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { readRules, type RuleList } from './rules.ts'

const bundled = readFileSync(fileURLToPath(import.meta.resolve('uap-core/regexes.yaml')), 'utf8')

const yaml = (lines: readonly string[]) => readRules(lines.join('\n'))

test('the first rule that matches counts, and its replacements may quote what matched', () => {
  const { userAgent, os } = yaml([
    'user_agent_parsers:',
    "  - regex: '(Fire)(fox)/(\\d+)'",
    "    family_replacement: '$1 $2'",
    "    v1_replacement: '$3'",
    "  - regex: '(Fire)'",
    'os_parsers:',
    "  - regex: '(Linux)'",
  ])
  assert.deepEqual(userAgent.match('Firefox/12'), ['Fire fox', '12', '12', null])
  assert.deepEqual(userAgent.match('Fire'), ['Fire', null, null, null])
  assert.equal(userAgent.match('fire'), undefined)
  assert.deepEqual(os.match('Linux'), ['Linux', null, null, null, null])
})

test('a brand is only what a rule says; flags of rules are heeded', () => {
  const { device } = yaml([
    'device_parsers:',
    "  - regex: '(pixel) (\\d)'",
    "    regex_flag: 'i'",
    "    device_replacement: 'Pixel $2'",
  ])
  assert.deepEqual(device.match('PIXEL 7'), ['Pixel 7', null, 'PIXEL'])
})

test('rules that cannot be used are refused, each by its place', () => {
  assert.throws(() => readRules('a: 1'), /no rules of uap-core/)
  assert.throws(() => readRules('- a'), /no rules of uap-core/)
  assert.throws(() => yaml(['os_parsers:', "  - regex: '(a'"]), /rule 1 of os_parsers cannot be used: \(a/)
  assert.throws(() => yaml(['os_parsers:', "  - family: 'a'"]), /rule 1 of os_parsers has no regex/)
})

/** All rules of the file that comes with this program, tried one after the other: what the prefilter must not change. */
function naive(text: string, list: string): readonly (string | undefined)[] | undefined {
  for (const rule of all[list] ?? []) {
    const found = new RegExp(rule['regex'] ?? '', rule['regex_flag'] ?? '').exec(text)
    if (found !== null) return [...found]
  }
  return undefined
}
const all: Readonly<Record<string, readonly Record<string, string>[]>> = parse(bundled, {
  schema: 'failsafe',
})

test('what every rule names literally is found again by the prefilter', () => {
  const rules = readRules(bundled)
  const lists: readonly (readonly [string, RuleList])[] = [
    ['user_agent_parsers', rules.userAgent],
    ['os_parsers', rules.os],
    ['device_parsers', rules.device],
  ]
  for (const [name, list] of lists) {
    // A text made of the literal parts of a rule: some match it, some match another, some none.
    for (const rule of all[name] ?? []) {
      const text = (rule['regex'] ?? '')
        .replaceAll(/\\d[+*]?/g, '7')
        .replaceAll(/\\([^\w])/g, '$1')
        .replaceAll(/[()^$]|\?:/g, '')
      assert.equal(list.match(text) === undefined, naive(text, name) === undefined, `${name}: ${text}`)
    }
  }
})

test('no user agent of the longest length keeps the rules busy', () => {
  const { userAgent, os, device } = readRules(bundled)
  const words = [
    'Mozilla/5.0 (',
    'Android ',
    '; ',
    'a',
    ' ',
    '1.',
    '/',
    'Build/',
    'Mobile ',
    '-',
    '_',
    'SAMSUNG ',
    'HbbTV/',
  ]
  for (const word of words) {
    const text = `Mozilla/5.0 (Linux; Android 4; ${word.repeat(1000)}`.slice(0, 1000)
    const before = process.cpuUsage()
    for (const list of [userAgent, os, device]) list.match(text)
    const { user } = process.cpuUsage(before)
    assert.ok(user < 500_000, `${word}: ${user} µs`)
  }
})

const checkout = process.env['MILLRACE_UAP_CORE']
const suites = [
  ['tests/test_ua.yaml', 'userAgent', ['family', 'major', 'minor', 'patch']],
  ['tests/test_os.yaml', 'os', ['family', 'major', 'minor', 'patch', 'patch_minor']],
  ['tests/test_device.yaml', 'device', ['family', 'brand', 'model']],
  ['test_resources/additional_os_tests.yaml', 'os', ['family', 'major', 'minor', 'patch', 'patch_minor']],
  ['test_resources/firefox_user_agent_strings.yaml', 'userAgent', ['family', 'major', 'minor', 'patch']],
  ['test_resources/opera_mini_user_agent_strings.yaml', 'userAgent', ['family', 'major', 'minor', 'patch']],
  ['test_resources/pgts_browser_list.yaml', 'userAgent', ['family', 'major', 'minor', 'patch']],
  ['test_resources/podcasting_user_agent_strings.yaml', 'userAgent', ['family', 'major', 'minor', 'patch']],
] as const

function read(path: string): string {
  return readFileSync(join(checkout ?? '', path), 'utf8')
}

// The npm package has the rules without their cases: MILLRACE_UAP_CORE names a checkout of ua-parser/uap-core.
const skip =
  checkout === undefined || !existsSync(join(checkout, 'tests'))
    ? 'MILLRACE_UAP_CORE names no checkout of uap-core'
    : false
test('every case of uap-core itself', { skip }, t => {
  const rules = readRules(read('regexes.yaml'))
  let cases = 0
  for (const [file, list, names] of suites) {
    const { test_cases } = parse(read(file), { schema: 'failsafe', uniqueKeys: false })
    for (const one of test_cases) {
      const parts = rules[list].match(one.user_agent_string)
      const expected = names.map(name => (['', 'null'].includes(one[name] ?? '') ? null : one[name]))
      assert.deepEqual(parts ?? ['Other', ...names.slice(1).map(() => null)], expected, one.user_agent_string)
      cases++
    }
  }
  assert.ok(cases > 18_000)
  t.diagnostic(`${cases} cases of uap-core`)
})
