import { literalsOf, lower } from './literals.ts'

/**
 * Tells which of many regular expressions may match a text, by the literals that they need: one walk over the text
 * through an Aho-Corasick automaton (bench/user-agents.ts).
 */
export class Prefilter {
  /** Per state, the next one by character class; states times classes entries. */
  readonly #next: Int32Array
  readonly #classes: Uint8Array
  readonly #width: number
  /** Per state, the expressions whose literal ends here. */
  readonly #found: readonly (readonly number[])[]
  /** Those that say nothing of what they need. */
  readonly #always: readonly number[]
  /** Per expression, the walk that last found it. */
  readonly #marks: Uint32Array
  #walk = 0

  constructor(sources: readonly string[]) {
    const literals = sources.map(literalsOf)
    this.#always = [...literals.keys()].filter(index => literals[index] === null)
    this.#marks = new Uint32Array(sources.length)
    this.#classes = new Uint8Array(128)
    const classes = characterClasses(literals.flatMap(list => list ?? []).join(''))
    for (const [code, number] of classes) if (code < 128) this.#classes[code] = number
    // Upper case is read as lower case.
    for (let code = 65; code <= 90; code++) this.#classes[code] = this.#classes[code + 32] ?? 0
    this.#width = 1 + Math.max(0, ...classes.values())
    const trie = buildTrie(literals, classes)
    this.#next = link(trie, this.#width)
    this.#found = trie.map(({ found }) => [...found])
  }

  /** The places of the expressions that may match, in their order. */
  candidates(text: string): number[] {
    const walk = ++this.#walk
    const candidates = [...this.#always]
    const width = this.#width
    let state = 0
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      state = this.#next[state * width + (code < 128 ? (this.#classes[code] ?? 0) : 0)] ?? 0
      const found = this.#found[state]
      if (found === undefined || found.length === 0) continue
      for (const index of found) {
        if (this.#marks[index] === walk) continue
        this.#marks[index] = walk
        candidates.push(index)
      }
    }
    return candidates.sort((a, b) => a - b)
  }
}

interface Node {
  readonly children: Map<number, number>
  readonly found: Set<number>
}

/** Class 0 is every character that no literal has, and all beyond ASCII. */
function characterClasses(text: string): Map<number, number> {
  const classes = new Map<number, number>()
  for (const character of lower(text)) {
    const code = character.charCodeAt(0)
    if (code < 128 && !classes.has(code)) classes.set(code, classes.size + 1)
  }
  return classes
}

function buildTrie(literals: readonly (readonly string[] | null)[], classes: Map<number, number>): Node[] {
  const trie: Node[] = [{ children: new Map(), found: new Set() }]
  for (const [index, list] of literals.entries()) {
    for (const literal of list ?? []) {
      let state = 0
      for (let at = 0; at < literal.length; at++)
        state = childOf(trie, state, classes.get(literal.charCodeAt(at)) ?? 0)
      trie[state]?.found.add(index)
    }
  }
  return trie
}

function childOf(trie: Node[], state: number, character: number): number {
  const children = trie[state]?.children
  const known = children?.get(character)
  if (known !== undefined) return known
  trie.push({ children: new Map(), found: new Set() })
  children?.set(character, trie.length - 1)
  return trie.length - 1
}

/** The automaton: where no child is, on from the longest end of what was read that begins another literal. */
function link(trie: readonly Node[], width: number): Int32Array {
  const next = new Int32Array(trie.length * width)
  const fail = new Int32Array(trie.length)
  const queue = [0]
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head] ?? 0
    const node = trie[state]
    const behind = fail[state] ?? 0
    for (const index of trie[behind]?.found ?? []) node?.found.add(index)
    for (let character = 0; character < width; character++) {
      const child = node?.children.get(character)
      const onward = state === 0 ? 0 : (next[behind * width + character] ?? 0)
      next[state * width + character] = child ?? onward
      if (child === undefined) continue
      fail[child] = onward
      queue.push(child)
    }
  }
  return next
}
