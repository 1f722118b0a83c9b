import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isCheapPattern } from './pattern-cost.ts'
import { compilePattern, type Pattern } from './patterns.ts'
import { StepBudget } from './step-budget.ts'

function compiled(source: string): Pattern {
  return compilePattern(source, new StepBudget())
}

test('a pattern is found anywhere, by code point', () => {
  assert.ok(compiled('b+').test('abc'))
  assert.ok(compiled('^.{2}$').test('😀😀'))
  assert.ok(!compiled('^.{2}$').test('😀'))
})

test('escapes that are needless in JavaScript are allowed', () => {
  assert.ok(compiled(String.raw`^a\_b\@c$`).test('a_b@c'))
})

test('POSIX classes and possessive quantifiers of Java are understood', () => {
  assert.ok(compiled(String.raw`^\p{Alpha}+[\p{Digit}_]*+$`).test('ab1_'))
  assert.ok(!compiled(String.raw`^\P{Alnum}++$`).test('a'))
  assert.ok(compiled(String.raw`^[a+]+\++$`).test('a+++'))
})

test('nested quantifiers take time in proportion to the text', () => {
  const started = performance.now()
  assert.ok(!compiled('^(a+)+$').test(`${'a'.repeat(100_000)}!`))
  assert.ok(performance.now() - started < 2000)
})

test('look-ahead works, and gives up when it takes for ever', () => {
  const pattern = compiled('^(?=a)(a+)+$')
  assert.ok(pattern.test('aaa'))
  assert.ok(!pattern.test('bbb'))
  const started = performance.now()
  assert.ok(!pattern.test(`${'a'.repeat(60)}!`))
  assert.ok(performance.now() - started < 2000)
  assert.ok(pattern.test('aaa'))
})

test('what is no pattern is refused', () => {
  assert.throws(() => compiled('(('), SyntaxError)
})

test('the common patterns are cheap', () => {
  for (const pattern of [
    '^iglu:[a-zA-Z0-9-_.]+/[a-zA-Z0-9-_]+/[a-zA-Z0-9-_]+/[0-9]+-[0-9]+-[0-9]+$',
    '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$|^[0-9a-f]{16}$',
    String.raw`^\$.*$`,
    '^sp_[A-Za-z2-7]{26}$',
    '^(a|b|cd)$',
    '^(a*)/b$',
    '^a+.b',
    'abc',
  ]) {
    assert.ok(isCheapPattern(pattern), pattern)
  }
})

test('patterns that may take long are not cheap', () => {
  for (const pattern of [
    '^(a+)+$',
    '(a|aa)+$',
    '^a*a*$',
    'a*b',
    '^a+.b+c',
    '^a+.*',
    '^(a+/)+',
    '^([a-z]+|b)+/',
    '^(a?){50}b',
    '(a{500}){500}',
    String.raw`(a)\1`,
    '(?=a)b',
    '(?i)a',
    '[[a]b]+',
  ]) {
    assert.ok(!isCheapPattern(pattern), pattern)
  }
})

test('whatever is called cheap stays so for texts made of its own characters', () => {
  const part = fc.constantFrom('a', 'b', 'ab', '.', '[ab]', '[^a]', '(a|b)', '(a|ab)', '(?:ab)', '-', '(a-)')
  const quantifier = fc.constantFrom('', '', '+', '*', '?', '{2}', '{1,3}', '{2,}', '+?')
  const piece = fc.tuple(part, quantifier).map(([text, many]) => text + many)
  const pattern = fc.tuple(
    fc.constantFrom('^', ''),
    fc.array(piece, { maxLength: 6 }),
    fc.constantFrom('$', '', 'c'),
  )
  const text = fc.array(fc.constantFrom('a', 'b', '-', 'ab'), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(pattern, text, ([start, pieces, end], parts) => {
      const source = start + pieces.join('') + end
      if (!isCheapPattern(source)) return
      const long = `${parts.join('').repeat(5000)}!`
      const started = performance.now()
      new RegExp(source).test(long)
      assert.ok(performance.now() - started < 1000, source)
    }),
    { numRuns: 3000 },
  )
})
