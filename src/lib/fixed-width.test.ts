import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fixedWidthTest } from './fixed-width.ts'
import { isLowerCaseUuid, isUuid } from './uuid.ts'

const uuid = 'c6ef3124-b53a-4b13-a233-0088f79dcbcb'

test('a UUID is told from what only looks like one', () => {
  assert.ok(isUuid(uuid) && isLowerCaseUuid(uuid))
  assert.ok(isUuid(uuid.toUpperCase()) && !isLowerCaseUuid(uuid.toUpperCase()))
  for (const other of [
    '',
    `${uuid}0`,
    `${uuid}\n`,
    uuid.slice(1),
    uuid.replaceAll('-', '0'),
    uuid.replace('c', 'ç'),
  ])
    assert.ok(!isUuid(other) && !isLowerCaseUuid(other), other)
})

const item = fc.oneof(
  fc.constantFrom('a', '7', '-', '_', ':', '/', '[0-9a-f]', '[a-fA-F0-9]', '[A-Z_]', '[0-9-]', '[ab]'),
  fc.constantFrom('([0-9a-f]{2}-)', '(?:ab[01])', '(a{2}b)'),
)
const counted = fc
  .tuple(item, fc.option(fc.integer({ min: 0, max: 3 }), { nil: null }))
  .map(([text, count]) => (count === null ? text : `${text}{${count}}`))
const sequence = fc.array(counted, { maxLength: 5 }).map(parts => `^${parts.join('')}$`)
const pattern = fc.array(sequence, { minLength: 1, maxLength: 2 }).map(parts => parts.join('|'))

test('a table says the same as the regular expression', () => {
  fc.assert(
    fc.property(pattern, fc.infiniteStream(fc.nat()), (source, choices) => {
      const fits = fixedWidthTest(source)
      assert.ok(fits !== null, source)
      const expression = new RegExp(source, 'u')
      for (const text of textsLike(source, choices))
        assert.equal(fits(text), expression.test(text), `${source} ${text}`)
    }),
    { numRuns: 500 },
  )
})

/** Texts of about the right shape: characters of the pattern's alphabet, in the lengths that it may want. */
function* textsLike(source: string, choices: Iterator<number>): Generator<string> {
  const alphabet = 'ab07f-_:/AZé'
  const next = (below: number): number => (choices.next().value ?? 0) % below
  for (let n = 0; n < 30; n++) {
    const start = source.slice(1, 1 + next(4)).replaceAll(/[^\w:/-]/g, '')
    yield start + Array.from({ length: next(9) }, () => alphabet[next(alphabet.length)]).join('')
  }
}

test('a pattern that is anything else is left to regular expressions', () => {
  const others = [
    '',
    'a',
    '^a',
    'a$',
    '^a*$',
    '^a+$',
    '^a?$',
    '^a{1,2}$',
    '^.$',
    '^\\d$',
    '^[^a]$',
    '^[\\d]$',
    '^a|b$',
  ]
  const more = [
    '^(a|b)$',
    '^(?=a)a$',
    '^(?!a)b$',
    '^(a)\\1$',
    '^((a))$',
    '^é$',
    '^[é]$',
    '^a{200}$',
    '^a{2}{3}$',
    '^[]$',
  ]
  for (const source of [...others, ...more]) assert.equal(fixedWidthTest(source), null, source)
})
