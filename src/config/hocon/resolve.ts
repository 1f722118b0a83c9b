import {
  HoconError,
  scalar,
  type Assignment,
  type Node,
  type ObjectNode,
  type Place,
  type Resolved,
  type ResolvedObject,
  type Substitution,
} from './node.ts'

export type Environment = Readonly<Record<string, string | undefined>>

// A text of ten lines can ask for billions of values (each line twice the one above). People need hundreds.
const maxSteps = 500_000
const maxDepth = 600
const maxCharacters = 16 * 1024 * 1024

const nowhere: Place = { file: '', line: 1 }

/** Substitutes and merges: the tree as written → the value it means. */
export function resolveTree(root: Node, environment: Environment): Resolved {
  return new Resolver(root, environment).value()
}

/**
 * A field has a pile of assignments; its value is the topmost, merged with those below while they are objects. A
 * reference to a field that is being resolved means what lies *below* the assignment it stands in, so that
 * `path = ${path}":/bin"` extends an earlier path. Nothing hidden is ever looked at.
 */
class Resolver {
  readonly #root: Node
  readonly #environment: Environment
  /** Nodes whose value is being worked out, from the root down to here. */
  readonly #active = new Set<Node>()
  #depth = 0
  #steps = 0
  #characters = 0

  constructor(root: Node, environment: Environment) {
    this.#root = root
    this.#environment = environment
  }

  value(): Resolved {
    return this.#pile([{ node: this.#root, place: nowhere }]) ?? { kind: 'object', fields: new Map() }
  }

  /** The value of a pile of assignments, the last on top; undefined when it has none. */
  #pile(pile: readonly Assignment[]): Resolved | undefined {
    for (let height = pile.length; height > 0; height--) {
      const top = pile[height - 1]
      if (top === undefined) break
      if (top.node.kind === 'object') return this.#mergedObject(pile.slice(0, height))
      const below = pile.slice(0, height - 1)
      const value = this.#node(top, below)
      if (value === undefined) continue
      if (value.kind !== 'object' || below.length === 0) return value
      return this.#mergedObject([...below, { node: asNode(value), place: top.place }])
    }
    return undefined
  }

  #node({ node, place }: Assignment, below: readonly Assignment[]): Resolved | undefined {
    this.#spend(1 + below.length, place)
    this.#active.add(node)
    this.#depth++
    try {
      if (node.kind === 'scalar') return node
      if (node.kind === 'resolved') return node.value
      if (node.kind === 'object') return this.#mergedObject([{ node, place }])
      if (node.kind === 'array') return { kind: 'array', items: this.#items(node.items) }
      if (node.kind === 'append') return this.#append(node.item, below)
      if (node.kind === 'substitution') return this.#substitution(node)
      return this.#concatenation(node.parts, node.place)
    } finally {
      this.#depth--
      this.#active.delete(node)
    }
  }

  #items(items: readonly Assignment[]): { value: Resolved; place: Place }[] {
    return items.flatMap(item => {
      const value = this.#pile([item])
      return value === undefined ? [] : [{ value, place: item.place }]
    })
  }

  #append(item: Assignment, below: readonly Assignment[]): Resolved {
    const before = this.#pile(below)
    if (before !== undefined && before.kind !== 'array')
      throw new HoconError('+= adds to a list, and this field holds none', item.place)
    return { kind: 'array', items: [...(before?.items ?? []), ...this.#items([item])] }
  }

  /** Objects from the top down to the first value that is none; below that, everything is hidden. */
  #mergedObject(pile: readonly Assignment[]): ResolvedObject {
    const fields = new Map<string, Assignment[]>()
    const objects = this.#objectsOnTop(pile)
    for (const object of objects) {
      for (const [key, assignments] of object.fields) {
        const all = fields.get(key) ?? []
        fields.set(key, all)
        all.push(...assignments)
      }
    }
    return this.#within(objects, () => this.#fields(fields))
  }

  #fields(fields: ReadonlyMap<string, readonly Assignment[]>): ResolvedObject {
    const resolved = new Map<string, { value: Resolved; place: Place }>()
    for (const [key, assignments] of fields) {
      const value = this.#pile(assignments)
      const place = assignments.at(-1)?.place
      if (value !== undefined && place !== undefined) resolved.set(key, { value, place })
    }
    return { kind: 'object', fields: resolved }
  }

  #objectsOnTop(pile: readonly Assignment[]): ObjectNode[] {
    const objects: ObjectNode[] = []
    this.#spend(pile.length, pile[0]?.place)
    for (let i = pile.length - 1; i >= 0; i--) {
      const assignment = pile[i]
      const object = assignment === undefined ? undefined : this.#asObject(assignment, () => pile.slice(0, i))
      if (object === 'nothing') continue
      if (object === undefined) break
      objects.push(object)
    }
    return objects.toReversed()
  }

  #asObject(assignment: Assignment, below: () => readonly Assignment[]): ObjectNode | 'nothing' | undefined {
    if (assignment.node.kind === 'object') return assignment.node
    if (this.#active.has(assignment.node)) return 'nothing'
    const value = this.#node(assignment, below())
    if (value === undefined) return 'nothing'
    return value.kind === 'object' ? asNode(value) : undefined
  }

  #within<T>(nodes: readonly Node[], work: () => T): T {
    const added = nodes.filter(node => !this.#active.has(node))
    this.#depth++
    for (const node of added) this.#active.add(node)
    try {
      return work()
    } finally {
      this.#depth--
      for (const node of added) this.#active.delete(node)
    }
  }

  /** Refuses to go on when the work is out of all proportion. */
  #spend(steps: number, place: Place | undefined): void {
    this.#steps += steps
    if (this.#steps <= maxSteps && this.#depth <= maxDepth) return
    throw new HoconError('substitutions make this far too large', place ?? nowhere)
  }

  #substitution(node: Substitution): Resolved | undefined {
    let circle = false
    for (const path of node.paths) {
      const pile = this.#lookUp(path)
      const below = this.#belowActive(pile)
      circle ||= below.length < pile.length
      const value = this.#pile(below)
      if (value !== undefined) return value
    }
    const name = node.paths.at(-1)?.join('.') ?? ''
    const fromEnvironment = Object.hasOwn(this.#environment, name) ? this.#environment[name] : undefined
    if (fromEnvironment !== undefined) return scalar(fromEnvironment, fromEnvironment)
    if (node.optional) return undefined
    throw new HoconError(
      circle
        ? `\${${name}} refers to itself`
        : `\${${name}} is not set; set the environment variable ${name}, or write \${?${name}} if it may be absent`,
      node.place,
    )
  }

  #lookUp(path: readonly string[]): readonly Assignment[] {
    let pile: readonly Assignment[] = [{ node: this.#root, place: nowhere }]
    for (const key of path) pile = this.#objectsOnTop(pile).flatMap(object => object.fields.get(key) ?? [])
    return pile
  }

  #belowActive(pile: readonly Assignment[]): readonly Assignment[] {
    const active = pile.findIndex(({ node }) => this.#active.has(node))
    return active < 0 ? pile : pile.slice(0, active)
  }

  #concatenation(parts: readonly Node[], place: Place): Resolved | undefined {
    const solid = parts.filter(part => part.kind !== 'scalar' || !part.blank)
    const values = new Map(solid.map(node => [node, this.#pile([{ node, place }])]))
    const present = solid.flatMap(part => values.get(part) ?? [])
    if (present.length === 0) return undefined
    if (present.every(value => value.kind === 'array'))
      return { kind: 'array', items: present.flatMap(({ items }) => items) }
    if (present.every(value => value.kind === 'object'))
      return this.#mergedObject(present.map(value => ({ node: asNode(value), place })))
    return this.#text(parts, values, place)
  }

  #text(parts: readonly Node[], values: ReadonlyMap<Node, Resolved | undefined>, place: Place): Resolved {
    let text = ''
    for (const part of parts) {
      const value = part.kind === 'scalar' ? part : values.get(part)
      if (value === undefined) continue
      if (value.kind !== 'scalar')
        throw new HoconError(
          'text, lists and objects cannot be joined; is a comma or a new line missing?',
          place,
        )
      text += value.text
    }
    this.#characters += text.length
    if (this.#characters > maxCharacters) throw new HoconError('substitutions make this far too large', place)
    return scalar(text, text)
  }
}

/** An object whose fields are done, as one that can be merged with others. */
function asNode(object: ResolvedObject): ObjectNode {
  const fields = new Map<string, Assignment[]>()
  for (const [key, { value, place }] of object.fields)
    fields.set(key, [{ node: { kind: 'resolved', value }, place }])
  return { kind: 'object', fields }
}
