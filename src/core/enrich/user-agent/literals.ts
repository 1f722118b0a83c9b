/*
 * Which literal texts a regular expression cannot do without. A user agent that contains none of them need not be shown
 * to the expression at all; of some 1200 expressions that leaves a handful.
 */

/** One of these, in lower case, is in every text that matches; null: nothing can be said. */
export type Literals = readonly string[] | null

/** Shorter ones occur everywhere. */
const minLength = 2
/** More alternatives than this are not worth looking for. */
const maxAlternatives = 64

/** The best literals of an expression. What is not understood is taken for "can be anything", which is always right. */
export function literalsOf(source: string): Literals {
  const reader = new Reader(source)
  const literals = reader.alternatives()
  return reader.understood ? literals : null
}

class Reader {
  readonly #source: string
  #at = 0
  #understood = true

  constructor(source: string) {
    this.#source = source
  }

  get done(): boolean {
    return this.#at >= this.#source.length
  }

  get understood(): boolean {
    return this.#understood && this.done
  }

  /** `a|b|c`: the literals of all, if each has some. */
  alternatives(): Literals {
    let all: Literals = []
    for (;;) {
      const one = this.#sequence()
      all = all === null || one === null ? null : [...all, ...one]
      if (this.#source[this.#at] !== '|') break
      this.#at++
    }
    return all !== null && all.length <= maxAlternatives ? all : null
  }

  /** Everything up to `|` or `)`: the best of its parts. */
  #sequence(): Literals {
    let best: Literals = null
    let run = ''
    const close = (): void => {
      if (run.length >= minLength) best = better(best, [run])
      run = ''
    }
    while (!this.done && this.#source[this.#at] !== '|' && this.#source[this.#at] !== ')') {
      const atom = this.#atom()
      const times = this.#quantifier()
      if (atom.kind === 'character' && times.min > 0) {
        run += atom.text
        // `ab+c` contains ab and bc, not always abc.
        if (!times.exact) {
          close()
          run = atom.text
        }
        continue
      }
      // What matches no character stands between two literals without parting them.
      if (atom.kind === 'empty' && times.exact) continue
      close()
      if (atom.kind === 'group' && times.min > 0 && atom.literals !== null) best = better(best, atom.literals)
    }
    close()
    return best
  }

  #atom(): Atom {
    const character = this.#source[this.#at++] ?? ''
    switch (character) {
      case '(':
        return this.#group()
      case '[':
        return this.#class()
      case '\\':
        return this.#escape()
      case '^':
      case '$':
        return { kind: 'empty' }
      case '.':
        return anything
      default:
        return { kind: 'character', text: lower(character) }
    }
  }

  #group(): Atom {
    let kind: 'plain' | 'ahead' | 'not' = 'plain'
    if (this.#source[this.#at] === '?') {
      const open = /\?(?:[:=!]|<[=!]|<\w+>)/y
      open.lastIndex = this.#at
      const found = open.exec(this.#source)?.[0] ?? ''
      kind = found.endsWith('!') ? 'not' : found.endsWith('=') ? 'ahead' : 'plain'
      if (found === '') return this.#giveUp()
      this.#at += found.length
    }
    const literals = this.alternatives()
    if (this.#source[this.#at] === ')') this.#at++
    if (kind === 'not') return { kind: 'empty' }
    return { kind: 'group', literals }
  }

  #class(): Atom {
    const start = this.#at
    if (this.#source[this.#at] === '^') this.#at++
    if (this.#source[this.#at] === ']') return this.#giveUp()
    while (!this.done && this.#source[this.#at] !== ']') this.#at += this.#source[this.#at] === '\\' ? 2 : 1
    const inside = this.#source.slice(start, this.#at)
    this.#at++
    const [first = ''] = inside
    const single = inside.length === 1 && first !== '^' && first !== '\\'
    return single ? { kind: 'character', text: lower(first) } : anything
  }

  #escape(): Atom {
    const character = this.#source[this.#at++] ?? ''
    if (character === 'b' || character === 'B') return { kind: 'empty' }
    if (/[\dA-Za-z]/.test(character)) {
      const plain = 'dDwWsStnrfv'.includes(character)
      return plain ? anything : this.#giveUp()
    }
    return { kind: 'character', text: lower(character) }
  }

  #quantifier(): Times {
    const quantifier = /(?:[*+?]|\{(\d+)(,\d*)?\})[?+]?/y
    quantifier.lastIndex = this.#at
    const found = quantifier.exec(this.#source)
    if (found === null) return { min: 1, exact: true }
    this.#at += found[0].length
    const min = found[0].startsWith('+') ? 1 : Number(found[1] ?? 0)
    return { min, exact: min === 1 && found[0].startsWith('{1}') }
  }

  /** Nothing is said of the whole. */
  #giveUp(): Atom {
    this.#understood = false
    return anything
  }
}

type Atom =
  | { readonly kind: 'character'; readonly text: string }
  | { readonly kind: 'group'; readonly literals: Literals }
  | { readonly kind: 'empty' }
  | { readonly kind: 'anything' }

const anything: Atom = { kind: 'anything' }

interface Times {
  readonly min: number
  /** Exactly once. */
  readonly exact: boolean
}

/** Whose shortest literal is longer; then whose are fewer. */
function better(one: Literals, other: readonly string[]): Literals {
  if (one === null) return other
  const [a, b] = [shortest(one), shortest(other)]
  if (a !== b) return a > b ? one : other
  return one.length <= other.length ? one : other
}

function shortest(literals: readonly string[]): number {
  return Math.min(...literals.map(({ length }) => length))
}

/** ASCII only: what else a pattern without regard to case may match, no literal promises. */
export function lower(text: string): string {
  return text.replaceAll(/[A-Z]/g, letter => letter.toLowerCase())
}
