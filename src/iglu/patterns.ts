import { createContext, Script } from 'node:vm'
import { RE2JS } from 're2js'
import { fixedWidthTest } from '../lib/index.ts'
import { isCheapPattern } from './pattern-cost.ts'
import { maxSteps, type StepBudget } from './step-budget.ts'

/** Finds a pattern anywhere in a text. */
export interface Pattern {
  test(text: string): boolean
}

/**
 * A pattern of a schema, compiled so that no text can keep it busy for long. Throws a SyntaxError if it is none.
 *
 * Most patterns in use are cheap for any engine that backtracks, which is then the fastest by far; the others go to an
 * engine that takes time in proportion to the text. Look-around and back references need the first engine, whatever
 * they cost: they run under a deadline, and count as no match beyond it. These two spend from the budget.
 */
export function compilePattern(source: string, budget: StepBudget): Pattern {
  const pattern = withoutJavaOnlySyntax(source)
  const native = compileNative(pattern)
  if (native !== undefined && isCheapPattern(pattern)) return withTable(pattern) ?? native
  const linear = compileLinear(pattern, budget)
  if (linear !== undefined) return linear
  if (native !== undefined) return withDeadline(native, budget)
  throw new SyntaxError(`The pattern ${JSON.stringify(source)} is not a regular expression`)
}

/** By code point, as in Java; some harmless escapes are allowed only without the flag. */
function compileNative(pattern: string): RegExp | undefined {
  for (const flags of ['u', '']) {
    try {
      return new RegExp(pattern, flags)
    } catch {
      continue
    }
  }
  return undefined
}

/** UUIDs and their like: many schemas have them (bench/core.ts). */
function withTable(pattern: string): Pattern | undefined {
  const test = fixedWidthTest(pattern)
  return test === null ? undefined : { test }
}

function compileLinear(pattern: string, budget: StepBudget): Pattern | undefined {
  try {
    const compiled = RE2JS.compile(pattern)
    // At worst, each character moves every state of the pattern.
    const stepsPerCharacter = 1 + compiled.programSize() / 32
    return {
      test(text) {
        budget.spend(2 + text.length * stepsPerCharacter)
        return compiled.test(text)
      },
    }
  } catch {
    return undefined
  }
}

// Such patterns are rare and a deadline costs about 0.1 ms per text. Well-meant ones need microseconds.
const deadlineMs = 50
const maxTries = 20
// Ten texts that reach the deadline spend all that a document has.
const stepsPerMs = maxSteps / 10 / deadlineMs

function withDeadline(regExp: RegExp, budget: StepBudget): Pattern {
  const scope = { regExp, text: '' }
  const context = createContext(scope)
  const script = new Script('regExp.test(text)')
  return {
    test(text) {
      scope.text = text
      for (let tries = 0; ; tries++) {
        const before = process.threadCpuUsage()
        try {
          return script.runInContext(context, { timeout: deadlineMs }) === true
        } catch (error) {
          if (!isTimeout(error)) throw error
          const { user, system } = process.threadCpuUsage(before)
          const usedMs = (user + system) / 1000
          budget.spend(stepsPerMs * usedMs)
          // A machine that was busy with something else, or slept, is no fault of the text.
          if (usedMs > deadlineMs / 2 || tries >= maxTries) return false
        }
      }
    },
  }
}

/** Not an Error of this realm, so `instanceof` would not see it. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  )
}

const posixClasses: ReadonlyMap<string, string> = new Map([
  ['Lower', 'a-z'],
  ['Upper', 'A-Z'],
  ['ASCII', String.raw`\x00-\x7F`],
  ['Alpha', 'A-Za-z'],
  ['Digit', '0-9'],
  ['Alnum', 'A-Za-z0-9'],
  ['Punct', String.raw`!-\/:-@\[-\x60{-~`],
  ['Graph', '!-~'],
  ['Print', ' -~'],
  ['Blank', String.raw` \t`],
  ['Cntrl', String.raw`\x00-\x1F\x7F`],
  ['XDigit', '0-9A-Fa-f'],
  ['Space', String.raw` \t\n\x0B\f\r`],
])

/**
 * Schemas are written for Java's engine. Its POSIX classes are spelled out. Possessive quantifiers become greedy ones,
 * which accept a little more: better than refusing every event of the schema.
 */
function withoutJavaOnlySyntax(source: string): string {
  if (!/\\[pP]\{|[*+?}]\+/.test(source)) return source
  let result = ''
  let inClass = false
  let afterQuantifier = false
  for (const [token] of source.matchAll(tokens)) {
    const quantifier = !inClass && /^(?:[*+?]|\{\d.*\})$/.test(token)
    if (!(quantifier && afterQuantifier && token === '+')) result += translateClass(token, inClass)
    afterQuantifier = quantifier && !afterQuantifier
    if (token === '[') inClass = true
    if (token === ']') inClass = false
  }
  return result
}

/** A class by name, an escaped character, a quantifier with numbers, or any one character. */
const tokens = /\\[pP]\{\w+\}|\\.|\{\d+(?:,\d*)?\}|./gsu

function translateClass(token: string, inClass: boolean): string {
  const [, letter, name = ''] = /^\\([pP])\{(\w+)\}$/.exec(token) ?? []
  const ranges = posixClasses.get(name)
  if (ranges === undefined) return token
  if (!inClass) return `[${letter === 'P' ? '^' : ''}${ranges}]`
  return letter === 'p' ? ranges : token
}
