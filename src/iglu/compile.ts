import AjvDraft04 from 'ajv-draft-04'
import { isDeeperThan, messageOf } from '../lib/index.ts'
import { type CleanSchema, cleanSchema, sizeIssue } from './clean-schema.ts'
import { enumerationOf, longEnumKeyword, withLongEnums } from './enumeration.ts'
import { explain, type ExplainMeans } from './explain.ts'
import { formats } from './formats.ts'
import type { SchemaIssue, ValidationError, ValidationIssue } from './iglu-error.ts'
import { metaSchema } from './meta-schema.ts'
import { compilePattern, type Pattern } from './patterns.ts'
import type { SchemaKey } from './schema-key.ts'
import { BudgetSpent, StepBudget } from './step-budget.ts'
import { countKeyword, stepsForValue, visitsFor, withStepCount } from './step-count.ts'
import { canonicalText, hasDuplicates, isMultipleOf } from './values.ts'

/** A schema that data can be held against. Broken schemas have this form too: they accept nothing. */
export interface CompiledSchema {
  /** The key that was looked up. */
  readonly key: SchemaKey
  /** The version that takes its place: `validate` holds data against that one. */
  readonly supersededBy?: string
  /** What is wrong with the schema itself. */
  readonly schemaIssues?: readonly SchemaIssue[]
  /**
   * What is wrong with the data: nothing, if the list is empty. Takes microseconds when the data are valid, and less
   * when the caller knows how many levels they have at most (bench/core.ts).
   */
  validate(data: unknown, levels?: number): readonly ValidationIssue[]
  /** The same as a bad row says it; undefined when the data are valid. */
  check(data: unknown, levels?: number): ValidationError | undefined
}

const noIssues: readonly ValidationIssue[] = Object.freeze([])

// What Java's JSON reader allows is 1000, more than any sound event by far. Below it no walk over the data, ours or
// JSON.stringify, comes near the end of the stack.
const maxDataLevels = 500

/**
 * Compiles one schema for one key. Never throws: whatever a registry may hold comes back as a schema with issues.
 *
 * Takes milliseconds, and a known time at most, because size and shape are checked before (see clean-schema.ts): that
 * is simpler than a deadline in another thread, and a compiled function could not leave that thread anyway.
 */
export function compileSchema(key: SchemaKey, document: unknown, supersededBy?: string): CompiledSchema {
  const compiled = compileDocument(document)
  if (!('judge' in compiled)) return brokenSchema(key, compiled.issues, supersededBy)
  const { judge } = compiled
  const validate = (data: unknown, levels = Infinity): readonly ValidationIssue[] => {
    if (levels > maxDataLevels && isDeeperThan(data, maxDataLevels)) return [tooDeep]
    return judge(data)
  }
  return {
    key,
    ...(supersededBy === undefined ? {} : { supersededBy }),
    validate,
    check(data, levels) {
      const dataReports = validate(data, levels)
      if (dataReports.length === 0) return undefined
      return {
        error: 'ValidationError',
        dataReports,
        ...(supersededBy === undefined ? {} : { supersededBy }),
      }
    },
  }
}

function brokenSchema(
  key: SchemaKey,
  schemaIssues: readonly SchemaIssue[],
  supersededBy: string | undefined,
): CompiledSchema {
  const version = supersededBy === undefined ? {} : { supersededBy }
  const issues = schemaIssues.map(({ path, message }) => ({ message, path, keyword: 'schema', targets: [] }))
  const error: ValidationError = { error: 'ValidationError', schemaIssues, ...version }
  return { key, ...version, schemaIssues, validate: () => issues, check: () => error }
}

const tooDeep: ValidationIssue = {
  message: `$: the data have more than ${maxDataLevels} levels`,
  path: '$',
  keyword: 'depth',
  targets: [String(maxDataLevels)],
}

function tooManySteps({ allowedSteps }: BudgetSpent): ValidationIssue {
  const message = `$: holding the data against the schema takes more than ${allowedSteps} steps: the schema looks at the same values too often`
  return { message, path: '$', keyword: 'steps', targets: [String(allowedSteps)] }
}

interface Compiled {
  readonly judge: (data: unknown) => readonly ValidationIssue[]
}

interface Broken {
  readonly issues: readonly SchemaIssue[]
}

function compileDocument(document: unknown): Compiled | Broken {
  const size = sizeIssue(document)
  if (size !== undefined) return { issues: [size] }
  const metaIssues = (meta ??= compileMetaSchema())(document)
  if (metaIssues.length > 0) return { issues: metaIssues.map(({ path, message }) => ({ path, message })) }
  const clean = cleanSchema(document)
  return isIssues(clean) ? { issues: clean } : compileClean(clean)
}

function isIssues(value: CleanSchema | readonly SchemaIssue[]): value is readonly SchemaIssue[] {
  return Array.isArray(value)
}

let meta: ((document: unknown) => readonly ValidationIssue[]) | undefined

/**
 * As Snowplow's client, holds schemas against draft-04 only: `self` may be missing, or say another version than the
 * one that was asked for.
 */
function compileMetaSchema(): (document: unknown) => readonly ValidationIssue[] {
  const clean = cleanSchema(metaSchema)
  if (isIssues(clean)) throw new Error('the meta-schema is broken')
  const compiled = compileClean(clean)
  if (!('judge' in compiled))
    throw new Error(`the meta-schema does not compile: ${JSON.stringify(compiled.issues)}`)
  return compiled.judge
}

function compileClean(schema: CleanSchema): Compiled | Broken {
  const patterns = new Map<string, Pattern>()
  const budget = new StepBudget()
  const counted = withStepCount(schema)
  const allowance = counted === schema ? () => undefined : visitsFor
  const means = { patterns, budget, allowance }
  try {
    const accepts = newCompiler(patterns, budget, namesInherited(schema)).compile(withLongEnums(counted))
    return {
      judge(data) {
        try {
          budget.reset(allowance(data))
          return accepts(data) ? noIssues : explainSafely(schema, means, data)
        } catch (error) {
          if (error instanceof BudgetSpent) return [tooManySteps(error)]
          // A schema that refers to itself goes as deep as the data do.
          if (error instanceof RangeError) return explainSafely(schema, means, data)
          throw error
        }
      },
    }
  } catch (error) {
    return { issues: [{ path: '$', message: messageOf(error) }] }
  }
}

/** Never empty: the document has been refused. */
function explainSafely(schema: CleanSchema, means: ExplainMeans, data: unknown): readonly ValidationIssue[] {
  try {
    const issues = explain(schema, means, data)
    if (issues.length > 0) return issues
  } catch (error) {
    if (error instanceof BudgetSpent)
      return [refused(`, and telling where takes more than ${error.allowedSteps} steps`)]
    if (!(error instanceof RangeError)) throw error
  }
  return [refused('')]
}

function refused(more: string): ValidationIssue {
  return { message: `$: does not fit the schema${more}`, path: '$', keyword: 'schema', targets: [] }
}

const Ajv = AjvDraft04.default

/**
 * A compiler for one schema: sharing one would let the schemas of one vendor interfere with those of another.
 *
 * It only says yes or no, at the first fault; what is wrong is then found by `explain`, in Snowplow's words. Numbers are
 * what JSON.parse makes of them: `1.0` is an integer here, and whole numbers beyond 2^53 have lost digits before.
 */
function newCompiler(
  patterns: Map<string, Pattern>,
  budget: StepBudget,
  ownProperties: boolean,
): InstanceType<typeof Ajv> {
  const compiler = new Ajv({
    ownProperties,
    strict: false,
    allErrors: false,
    messages: false,
    logger: false,
    meta: false,
    validateSchema: false,
    addUsedSchema: false,
    // A definition becomes one function, however often it is referred to.
    inlineRefs: false,
    code: { regExp: patternEngine(patterns, budget), optimize: false },
    formats: Object.fromEntries([...formats].map(([name, validate]) => [name, { type: 'string', validate }])),
  })
  compiler.removeKeyword('multipleOf')
  compiler.addKeyword({
    keyword: 'multipleOf',
    type: 'number',
    schemaType: 'number',
    compile: (divisor: number) => (value: number) => isMultipleOf(value, divisor, budget),
  })
  compiler.removeKeyword('uniqueItems')
  compiler.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    compile: (unique: boolean) => (list: readonly unknown[]) => !unique || !hasDuplicates(list, budget),
  })
  compiler.addKeyword({
    keyword: longEnumKeyword,
    schemaType: 'array',
    compile(values: readonly unknown[]) {
      const { texts } = enumerationOf(values)
      return (value: unknown) => texts.has(canonicalText(value, budget))
    },
  })
  compiler.addKeyword({
    keyword: countKeyword,
    before: '$ref',
    schemaType: 'number',
    compile: (steps: number, part) => (value: unknown) => {
      budget.visit(steps + stepsForValue(part, value))
      return true
    },
  })
  return compiler
}

const inherited = Object.getOwnPropertyNames(Object.prototype).map(name => JSON.stringify(name))

/**
 * Whether a schema speaks of what every object inherits. Then each property must be asked whether it is the object's
 * own: {} would lack no property called toString, and have one too many called constructor. Asking always would make
 * validation a fifth slower (bench/core.ts).
 */
function namesInherited(schema: CleanSchema): boolean {
  const text = JSON.stringify(schema)
  return inherited.some(name => text.includes(name))
}

interface PatternEngine {
  (source: string, flags: string): Pattern
  code: string
}

function patternEngine(patterns: Map<string, Pattern>, budget: StepBudget): PatternEngine {
  const engine = (source: string): Pattern => {
    const known = patterns.get(source)
    if (known !== undefined) return known
    const pattern = compilePattern(source, budget)
    patterns.set(source, pattern)
    // The compiler tells patterns apart by their text.
    return Object.assign({ test: (text: string) => pattern.test(text) }, { toString: () => source })
  }
  // Only used when code is written to a file.
  return Object.assign(engine, { code: 'compilePattern' })
}
