import { parse } from 'yaml'
import { isObject, type Members } from '../../../lib/index.ts'
import { Prefilter } from './prefilter.ts'

/*
 * The rules of uap-core: lists of regular expressions, of which the first that matches counts. Source: the specification
 * and the reference implementation of ua-parser.
 */

/** What a list of rules gives: one text per group of its kind, null where there is nothing. */
export type Parts = readonly (string | null)[]

export interface UserAgentRules {
  /** family, major, minor, patch */
  readonly userAgent: RuleList
  /** family, major, minor, patch, patch minor */
  readonly os: RuleList
  /** family, brand, model */
  readonly device: RuleList
}

interface Rule {
  readonly source: string
  readonly flags: string
  /** In place of the groups of the expression, `$1` to `$9` filled in. */
  readonly replacements: readonly (string | undefined)[]
}

export class RuleList {
  readonly #rules: readonly Rule[]
  /** Compiled when first needed: most never are. */
  readonly #compiled: (RegExp | undefined)[]
  readonly #prefilter: Prefilter
  /** Which group stands for a part without a replacement. */
  readonly #groups: readonly number[]

  constructor(rules: readonly Rule[], groups: readonly number[]) {
    this.#rules = rules
    this.#groups = groups
    this.#compiled = rules.map(() => undefined)
    this.#prefilter = new Prefilter(rules.map(({ source }) => source))
  }

  /** The parts of the first rule that matches; undefined: none does. */
  match(text: string): Parts | undefined {
    for (const index of this.#prefilter.candidates(text)) {
      const rule = this.#rules[index]
      if (rule === undefined) continue
      const groups = (this.#compiled[index] ??= new RegExp(rule.source, rule.flags)).exec(text)
      if (groups !== null)
        return this.#groups.map((group, part) => partOf(groups, group, rule.replacements[part]))
    }
    return undefined
  }
}

function partOf(groups: RegExpExecArray, group: number, replacement: string | undefined): string | null {
  const text =
    replacement === undefined
      ? groups[group]
      : replacement.replaceAll(/\$([1-9])/g, (_, digit: string) => groups[Number(digit)] ?? '').trim()
  return text === undefined || text === '' ? null : text
}

const kinds = {
  userAgent: {
    list: 'user_agent_parsers',
    replacements: ['family_replacement', 'v1_replacement', 'v2_replacement', 'v3_replacement'],
    groups: [1, 2, 3, 4],
  },
  os: {
    list: 'os_parsers',
    replacements: [
      'os_replacement',
      'os_v1_replacement',
      'os_v2_replacement',
      'os_v3_replacement',
      'os_v4_replacement',
    ],
    groups: [1, 2, 3, 4, 5],
  },
  device: {
    list: 'device_parsers',
    replacements: ['device_replacement', 'brand_replacement', 'model_replacement'],
    // No group has the brand.
    groups: [1, 99, 1],
  },
} as const

/** Reads a `regexes.yaml`. Throws a SyntaxError that says which rule is wrong. */
export function readRules(yaml: string): UserAgentRules {
  // All are texts; and the other settings are ten times as slow.
  const document: unknown = parse(yaml, {
    schema: 'failsafe',
    uniqueKeys: false,
    prettyErrors: false,
    maxAliasCount: 0,
  })
  if (!isObject(document)) throw new SyntaxError('no rules of uap-core: not a YAML object')
  const lists = Object.values(kinds).map(({ list }) => list)
  if (lists.every(list => document[list] === undefined))
    throw new SyntaxError(`no rules of uap-core: none of ${lists.join(', ')} is there`)
  return {
    userAgent: readList(document, kinds.userAgent),
    os: readList(document, kinds.os),
    device: readList(document, kinds.device),
  }
}

type Kind = (typeof kinds)[keyof typeof kinds]

function readList(document: Members, { list, replacements, groups }: Kind): RuleList {
  const rules = document[list] ?? []
  if (!Array.isArray(rules)) throw new SyntaxError(`${list} is no list`)
  return new RuleList(
    rules.map((rule: unknown, index) => readRule(rule, replacements, `rule ${index + 1} of ${list}`)),
    groups,
  )
}

function readRule(rule: unknown, names: readonly string[], which: string): Rule {
  if (!isObject(rule) || typeof rule['regex'] !== 'string') throw new SyntaxError(`${which} has no regex`)
  const source = rule['regex']
  const flags = rule['regex_flag'] === 'i' ? 'i' : ''
  try {
    // Only a look: it is compiled for good when it is needed.
    void new RegExp(source, flags)
  } catch (cause) {
    throw new SyntaxError(`${which} cannot be used: ${source.slice(0, 200)}`, { cause })
  }
  const replacements = names.map(name => {
    const text = rule[name]
    return typeof text === 'string' ? text : undefined
  })
  return { source, flags, replacements }
}
