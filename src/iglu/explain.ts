import { isObject, membersOf, type Members } from '../lib/index.ts'
import { type CleanSchema, resolveReference } from './clean-schema.ts'
import { type Enumeration, enumerationOf } from './enumeration.ts'
import { formats } from './formats.ts'
import type { ValidationIssue } from './iglu-error.ts'
import type { Pattern } from './patterns.ts'
import type { StepBudget } from './step-budget.ts'
import { ownSteps, stepsForValue } from './step-count.ts'
import { canonicalText, hasDuplicates, isMultipleOf, typeOf } from './values.ts'

// A document with more faults than this tells nothing new, and its bad row would be too large to store.
const maxIssues = 500
const maxCharacters = 500_000
// What going from one part of the schema to the next costs more than in a compiled one.
const stepsPerPart = 4
const charactersPerStep = 8

/** What was made when the schema was compiled. */
export interface ExplainMeans {
  readonly patterns: ReadonlyMap<string, Pattern>
  readonly budget: StepBudget
  /** How many visits a document may cost; undefined: as many as there are steps. */
  readonly allowance: (data: unknown) => number | undefined
}

/**
 * What is wrong with a document, in the words and the order of the validator that Snowplow uses (networknt 1.0.70).
 *
 * Only ever asked about documents that the compiled schema has refused, so it need not be fast. It may find nothing
 * where the two disagree; the caller then has to say something of its own. Throws BudgetSpent where it would take long.
 */
export function explain(schema: CleanSchema, means: ExplainMeans, data: unknown): readonly ValidationIssue[] {
  const allowed = means.allowance(data)
  means.budget.reset(allowed === undefined ? undefined : allowed * stepsPerPart)
  return storable(new Explainer(schema, means).schema(schema, data, '$'))
}

/** As many as a bad row has room for, and one in any case. */
function storable(issues: readonly ValidationIssue[]): readonly ValidationIssue[] {
  let characters = 0
  const end = issues.findIndex(({ message }) => (characters += message.length) > maxCharacters)
  return issues.slice(0, end < 0 ? maxIssues : Math.min(Math.max(end, 1), maxIssues))
}

/** The numbers of a schema whose faults all read alike: how far a value may go, and what was measured. */
const limits: Readonly<
  Record<string, { readonly measure: (value: unknown) => number; readonly say: string }>
> = {
  maxItems: { measure: lengthOfArray, say: 'there must be a maximum of {} items in the array' },
  minItems: { measure: lengthOfArray, say: 'there must be a minimum of {} items in the array' },
  maxLength: { measure: lengthOfText, say: 'may only be {} characters long' },
  minLength: { measure: lengthOfText, say: 'must be at least {} characters long' },
  maxProperties: { measure: countOfFields, say: 'may only have a maximum of {} properties' },
  minProperties: { measure: countOfFields, say: 'should have a minimum of {} properties' },
}

class Explainer {
  readonly #root: CleanSchema
  readonly #patterns: ReadonlyMap<string, Pattern>
  readonly #budget: StepBudget

  constructor(root: CleanSchema, { patterns, budget }: ExplainMeans) {
    this.#root = root
    this.#patterns = patterns
    this.#budget = budget
  }

  schema(schema: CleanSchema, value: unknown, path: string): readonly ValidationIssue[] {
    this.#budget.visit(stepsPerPart * (ownSteps(schema) + stepsForValue(schema, value)))
    const issues: ValidationIssue[] = []
    for (const keyword of Object.keys(schema)) {
      issues.push(...this.#keyword(keyword, schema, value, path))
      if (issues.length > maxIssues) break
    }
    return this.#withoutRepeats(issues)
  }

  #keyword(keyword: string, schema: CleanSchema, value: unknown, path: string): readonly ValidationIssue[] {
    const rule = schema[keyword]
    switch (keyword) {
      case 'properties':
        return isObject(value) ? this.#properties(schema, value, path) : []
      case '$ref':
        return this.schema(resolveReference(this.#root, String(rule)), value, path)
      case 'additionalProperties':
        return isObject(value) ? this.#additionalProperties(schema, value, path) : []
      case 'allOf':
        return asList(rule).flatMap(part => this.schema(membersOf(part), value, path))
      case 'anyOf':
        return this.#anyOf(asList(rule), value, path)
      case 'dependencies':
        return isObject(value) ? this.#dependencies(membersOf(rule), value, path) : []
      case 'items':
        return Array.isArray(value) ? this.#items(schema, value, path) : []
      case 'not':
        return this.schema(membersOf(rule), value, path).length > 0
          ? []
          : [
              issue(
                path,
                keyword,
                `should not be valid to the schema ${JSON.stringify(rule)}`,
                JSON.stringify(rule),
              ),
            ]
      case 'oneOf':
        return this.#oneOf(asList(rule), value, path)
      case 'patternProperties':
        return isObject(value) ? this.#patternProperties(membersOf(rule), value, path) : []
      case 'pattern':
        return typeof value === 'string' && this.#patterns.get(String(rule))?.test(value) === false
          ? [issue(path, keyword, `does not match the regex pattern ${String(rule)}`, String(rule))]
          : []
      default:
        return leafIssues(keyword, { schema, budget: this.#budget }, value, path)
    }
  }

  /** The first declared property that is missing makes the validator report all required ones right there. */
  #properties(schema: CleanSchema, value: Members, path: string): readonly ValidationIssue[] {
    const issues: ValidationIssue[] = []
    let reported = false
    for (const [name, part] of Object.entries(membersOf(schema.properties))) {
      if (Object.hasOwn(value, name)) {
        issues.push(...this.schema(membersOf(part), value[name], `${path}.${name}`))
      } else if (!reported) {
        issues.push(...missingFields(schema, value, path))
        reported = true
      }
      if (issues.length > maxIssues) break
    }
    return issues
  }

  #additionalProperties(schema: CleanSchema, value: Members, path: string): readonly ValidationIssue[] {
    const { additionalProperties: rule } = schema
    if (rule === true) return []
    const declared = membersOf(schema.properties)
    const patterns = Object.keys(membersOf(schema.patternProperties)).map(source =>
      this.#patterns.get(source),
    )
    return Object.keys(value).flatMap(name => {
      if (Object.hasOwn(declared, name) || patterns.some(pattern => pattern?.test(name) === true)) return []
      if (isObject(rule)) return this.schema(rule, value[name], `${path}.${name}`)
      const says = 'is not defined in the schema and the schema does not allow additional properties'
      return [{ message: `${path}.${name}: ${says}`, path, keyword: 'additionalProperties', targets: [name] }]
    })
  }

  #patternProperties(rules: Members, value: Members, path: string): readonly ValidationIssue[] {
    const entries = Object.entries(rules)
    return Object.keys(value).flatMap(name =>
      entries
        .filter(([source]) => this.#patterns.get(source)?.test(name) === true)
        .flatMap(([, part]) => this.schema(membersOf(part), value[name], `${path}.${name}`)),
    )
  }

  #items(schema: CleanSchema, value: readonly unknown[], path: string): readonly ValidationIssue[] {
    const { items, additionalItems } = schema
    const issues: ValidationIssue[] = []
    for (const [index, item] of value.entries()) {
      const part: unknown = Array.isArray(items) ? (items[index] ?? additionalItems) : items
      if (isObject(part)) issues.push(...this.schema(part, item, `${path}[${index}]`))
      else if (part === false) {
        const message = `${path}[${index}]: no validator found at this index`
        issues.push({ message, path, keyword: 'items', targets: [String(index)] })
      }
      if (issues.length > maxIssues) break
    }
    return issues
  }

  #dependencies(rules: Members, value: Members, path: string): readonly ValidationIssue[] {
    return Object.entries(rules).flatMap(([name, rule]) => {
      if (!Object.hasOwn(value, name)) return []
      if (isObject(rule)) return this.schema(rule, value, path)
      const needed = asList(rule).map(String)
      if (needed.every(field => Object.hasOwn(value, field))) return []
      const list = `[${needed.join(', ')}]`
      return [issue(path, 'dependencies', `has an error with dependencies ${list}`, list)]
    })
  }

  /** An alternative of another type says so in one sentence; the others say all they have. */
  #anyOf(parts: readonly unknown[], value: unknown, path: string): readonly ValidationIssue[] {
    const issues: ValidationIssue[] = []
    for (const part of parts) {
      const { type } = membersOf(part)
      if (typeof type === 'string' && !hasType(type, value)) {
        issues.push(issue(path, 'anyOf', `should be valid to any of the schemas ${type}`, type))
        continue
      }
      const found = this.schema(membersOf(part), value, path)
      if (found.length === 0) return []
      issues.push(...found)
    }
    return issues
  }

  /** Missing and unexpected fields are left out as long as there is something else to say. */
  #oneOf(parts: readonly unknown[], value: unknown, path: string): readonly ValidationIssue[] {
    const found = parts.map(part => this.schema(membersOf(part), value, path))
    const fitting = found.filter(issues => issues.length === 0).length
    if (fitting === 1) return []
    if (fitting > 1) {
      const texts = parts.map(part => JSON.stringify(part)).join('')
      const says = `should be valid to one and only one of schema, but more than one are valid: ${texts}`
      return [issue(path, 'oneOf', says, texts)]
    }
    const all = this.#withoutRepeats(found.flat())
    const others = all.filter(({ keyword }) => keyword !== 'required')
    const telling = others.length > 0 ? others : all
    const best = telling.filter(({ keyword }) => keyword !== 'additionalProperties')
    return best.length > 0 ? best : telling
  }

  #withoutRepeats(issues: readonly ValidationIssue[]): readonly ValidationIssue[] {
    if (issues.length < 2) return issues
    for (const { message } of issues) this.#budget.spend(stepsPerPart + message.length / charactersPerStep)
    const byText = new Map(issues.map(found => [`${found.keyword} ${found.message}`, found]))
    return byText.size === issues.length ? issues : [...byText.values()]
  }
}

interface Leaf {
  readonly schema: CleanSchema
  readonly budget: StepBudget
}

function leafIssues(
  keyword: string,
  { schema, budget }: Leaf,
  value: unknown,
  path: string,
): readonly ValidationIssue[] {
  const rule = schema[keyword]
  const limit = Object.hasOwn(limits, keyword) ? limits[keyword] : undefined
  if (limit !== undefined) {
    const measured = limit.measure(value)
    const fits = keyword.startsWith('max') ? measured <= Number(rule) : measured >= Number(rule)
    return Number.isNaN(measured) || fits
      ? []
      : [issue(path, keyword, limit.say.replace('{}', String(rule)), String(rule))]
  }
  switch (keyword) {
    case 'enum':
      return enumIssues(enumerationOf(asList(rule)), canonicalText(value, budget), path)
    case 'format':
      return formatIssues(String(rule), value, path)
    case 'maximum':
    case 'minimum':
      return boundIssues(keyword, schema, value, path)
    case 'multipleOf':
      return typeof value === 'number' && !isMultipleOf(value, Number(rule), budget)
        ? [issue(path, keyword, `must be multiple of ${asDouble(Number(rule))}`, asDouble(Number(rule)))]
        : []
    case 'required':
      return isObject(value) ? missingFields(schema, value, path) : []
    case 'type':
      return typeIssues(rule, value, path)
    case 'uniqueItems':
      return rule === true && Array.isArray(value) && hasDuplicates(value, budget)
        ? [issue(path, keyword, 'the items in the array must be unique')]
        : []
    default:
      return []
  }
}

function typeIssues(rule: unknown, value: unknown, path: string): readonly ValidationIssue[] {
  const allowed = Array.isArray(rule) ? rule.map(String) : [String(rule)]
  if (allowed.some(type => hasType(type, value))) return []
  const found = typeOf(value)
  if (!Array.isArray(rule))
    return [issue(path, 'type', `${found} found, ${allowed.join()} expected`, found, allowed.join())]
  const list = `[${allowed.join(', ')}]`
  return [issue(path, 'unionType', `${found} found, but ${list} is required`, found, list)]
}

function hasType(type: string, value: unknown): boolean {
  const actual = typeOf(value)
  return actual === type || (type === 'number' && actual === 'integer')
}

function missingFields(schema: CleanSchema, value: Members, path: string): readonly ValidationIssue[] {
  return asList(schema.required)
    .map(String)
    .filter(name => !Object.hasOwn(value, name))
    .slice(0, maxIssues)
    .map(name => ({
      message: `${path}.${name}: is missing but it is required`,
      path,
      keyword: 'required',
      targets: [name],
    }))
}

function enumIssues({ texts, list }: Enumeration, text: string, path: string): readonly ValidationIssue[] {
  if (texts.has(text)) return []
  return [issue(path, 'enum', `does not have a value in the enumeration ${list}`, list)]
}

function formatIssues(format: string, value: unknown, path: string): readonly ValidationIssue[] {
  if (typeof value !== 'string' || formats.get(format)?.(value) !== false) return []
  if (format === 'date' || format === 'date-time') {
    return [issue(path, 'dateTime', `${value} is an invalid ${format}`, value, format)]
  }
  if (format === 'uuid') return [issue(path, 'uuid', `${value} is an invalid ${format}`, value, format)]
  if (format === 'email') {
    return [issue(path, 'format', `does not match the ${value} pattern ${format}`, value, format)]
  }
  return [issue(path, 'format', `does not match the ${format} pattern ${format}`, format, format)]
}

function boundIssues(
  keyword: 'maximum' | 'minimum',
  schema: CleanSchema,
  value: unknown,
  path: string,
): readonly ValidationIssue[] {
  if (typeof value !== 'number') return []
  const bound = Number(schema[keyword])
  const exclusive = schema[keyword === 'maximum' ? 'exclusiveMaximum' : 'exclusiveMinimum'] === true
  const beyond = keyword === 'maximum' ? value > bound : value < bound
  if (!beyond && !(exclusive && value === bound)) return []
  return [issue(path, keyword, `must have a ${keyword} value of ${bound}`, String(bound))]
}

function issue(path: string, keyword: string, says: string, ...targets: readonly string[]): ValidationIssue {
  return { message: `${path}: ${says}`, path, keyword, targets }
}

/** As Java prints a double: always with a fraction. */
function asDouble(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

function lengthOfArray(value: unknown): number {
  return Array.isArray(value) ? value.length : Number.NaN
}

/** In code points. */
function lengthOfText(value: unknown): number {
  return typeof value === 'string' ? Array.from(value).length : Number.NaN
}

function countOfFields(value: unknown): number {
  return isObject(value) ? Object.keys(value).length : Number.NaN
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
