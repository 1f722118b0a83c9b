/**
 * How much a backtracking engine may have to do for one part of a pattern: the number of ways in which it can match,
 * and the characters it reads in the longest of them. Ways multiply, because each way is tried after a failure.
 */
interface Cost {
  readonly ways: number
  readonly steps: number
  /** Quantifiers without limit whose end is certain: what must follow cannot be part of the run, as in `[a-z]+/`. */
  readonly runs: number
  /** All other quantifiers without limit. */
  readonly unlimited: number
}

// Patterns in use have at most a few dozen ways and steps. A pattern that is not bound to the beginning pays for each
// place where a match may begin.
const maxWays = 256
const maxSteps = 4096

/**
 * Whether a backtracking engine takes, for any text, at most some hundred steps per character.
 *
 * Deliberately simple, and says no in doubt. Quantifiers without limit are allowed in a pattern that is bound to the
 * beginning of the text: either any number of runs, or one quantifier of another kind; never within another one.
 * Look-around, back references and inline flags are doubtful.
 */
export function isCheapPattern(pattern: string): boolean {
  try {
    const reader = new CostReader(pattern)
    const { ways, steps, runs, unlimited } = reader.alternatives()
    if (!reader.atEnd || ways > maxWays || steps > maxSteps) return false
    if (!pattern.startsWith('^') || reader.hasTopLevelAlternatives) {
      return unlimited + runs === 0 && ways * steps <= maxSteps
    }
    return unlimited === 0 || (unlimited === 1 && runs === 0)
  } catch (error) {
    if (error instanceof Doubt) return false
    throw error
  }
}

class Doubt extends Error {}

const one: Cost = { ways: 1, steps: 1, runs: 0, unlimited: 0 }

/** Walks over a pattern once, adding up. Recursion is bounded by `maxNesting`. */
class CostReader {
  readonly #pattern: string
  #index = 0
  #nesting = 0
  hasTopLevelAlternatives = false

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  get atEnd(): boolean {
    return this.#index >= this.#pattern.length
  }

  alternatives(): Cost {
    let cost = this.#sequence()
    while (this.#take('|')) {
      if (this.#nesting === 0) this.hasTopLevelAlternatives = true
      const next = this.#sequence()
      cost = {
        ways: cost.ways + next.ways,
        steps: cost.steps + next.steps,
        runs: cost.runs + next.runs,
        unlimited: cost.unlimited + next.unlimited,
      }
    }
    return cost
  }

  #sequence(): Cost {
    let cost = one
    while (!this.atEnd && this.#peek() !== '|' && this.#peek() !== ')') {
      const start = this.#index
      const atom = this.#atom()
      const next = this.#quantified(atom, this.#pattern.slice(start, this.#index))
      cost = {
        ways: cost.ways * next.ways,
        steps: cost.steps + next.steps,
        runs: cost.runs + next.runs,
        unlimited: cost.unlimited + next.unlimited,
      }
      if (cost.ways > maxWays || cost.steps > maxSteps) throw new Doubt()
    }
    return cost
  }

  #atom(): Cost {
    const char = this.#next()
    if (char === '(') return this.#group()
    if (char === '[') return this.#skipClass()
    if (char === '\\') return this.#escape()
    if ('*+?{'.includes(char)) throw new Doubt()
    return one
  }

  #group(): Cost {
    if (this.#take('?') && !this.#take(':')) throw new Doubt()
    if (++this.#nesting > maxNesting) throw new Doubt()
    const cost = this.alternatives()
    this.#nesting--
    if (!this.#take(')')) throw new Doubt()
    return cost
  }

  #skipClass(): Cost {
    this.#take('^')
    for (let char = this.#next(); char !== ']'; char = this.#next()) {
      if (char === '\\') this.#next()
      // A class within a class means different things to different engines.
      if (char === '[' || char === '&') throw new Doubt()
    }
    return one
  }

  #escape(): Cost {
    const char = this.#next()
    // Digits refer back; these letters are followed by more than one character.
    if (/[0-9kxucpPQE]/.test(char)) throw new Doubt()
    return one
  }

  #quantified(atom: Cost, text: string): Cost {
    const limits = this.#limits()
    if (limits === undefined) return atom
    const { least, most } = limits
    if (most === Infinity) {
      if (atom.unlimited + atom.runs > 0 || atom.ways > 1) throw new Doubt()
      const run = !text.startsWith('(') && this.#cannotContinue(text)
      return { ways: 1, steps: atom.steps, runs: run ? 1 : 0, unlimited: run ? 0 : 1 }
    }
    if (atom.unlimited > 0 && most > 1) throw new Doubt()
    const ways = (most - least + 1) * atom.ways ** most
    return { ways, steps: atom.steps * most, runs: atom.runs, unlimited: atom.unlimited }
  }

  /** Whether what follows must be the end, or one character that the atom does not match. */
  #cannotContinue(atom: string): boolean {
    const rest = this.#pattern.slice(this.#index)
    if (/^\)*\$?$/.test(rest)) return true
    const follower = /^\)*(?:\\([^\w\s])|([^\\^$.*+?()[\]{}|]))(?![*?{])/.exec(rest)
    if (follower === null) return false
    return !new RegExp(`^${atom}$`).test(follower[1] ?? follower[2] ?? '')
  }

  #limits(): { least: number; most: number } | undefined {
    const limits = this.#readLimits()
    // Lazy, or in Java possessive.
    if (limits !== undefined) this.#take('?')
    return limits
  }

  #readLimits(): { least: number; most: number } | undefined {
    if (this.#take('*')) return { least: 0, most: Infinity }
    if (this.#take('+')) return { least: 1, most: Infinity }
    if (this.#take('?')) return { least: 0, most: 1 }
    if (this.#peek() !== '{') return undefined
    const written = /^\{(\d{1,4})(,?)(\d{0,4})\}/.exec(this.#pattern.slice(this.#index, this.#index + 12))
    if (written === null) throw new Doubt()
    const [all, first, comma, last] = written
    this.#index += all.length
    const least = Number(first)
    if (comma === '') return { least, most: least }
    return { least, most: last === '' ? Infinity : Number(last) }
  }

  #peek(): string {
    return this.#pattern.charAt(this.#index)
  }

  #next(): string {
    if (this.atEnd) throw new Doubt()
    return this.#pattern.charAt(this.#index++)
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false
    this.#index++
    return true
  }
}

const maxNesting = 32
