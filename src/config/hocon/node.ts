/** Where something stands in a text. */
export interface Place {
  readonly file: string
  readonly line: number
}

/** The text is no HOCON, or means nothing. The message begins with the place. */
export class HoconError extends Error {
  override readonly name = 'HoconError'
  readonly place: Place
  /** The message without its place. */
  readonly reason: string

  constructor(reason: string, place: Place) {
    super(`${place.file}:${place.line}: ${reason}`)
    this.place = place
    this.reason = reason
  }
}

export interface Scalar {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  /** As written: `1.50` stays `1.50` when it becomes part of a text. */
  readonly text: string
  /** White space between two parts of a value: counts between texts only. */
  readonly blank: boolean
}

export interface Substitution {
  readonly kind: 'substitution'
  /** The first of these that has a value counts: in an included file, its own root goes before the whole's. */
  readonly paths: readonly (readonly string[])[]
  readonly optional: boolean
  readonly place: Place
}

/** A value assigned to a field. */
export interface Assignment {
  readonly node: Node
  readonly place: Place
}

export interface ObjectNode {
  readonly kind: 'object'
  /** Every assignment to each field in order; which of them count is decided when all are known. */
  readonly fields: Map<string, Assignment[]>
}

/** A value as it was written, before substitutions. */
export type Node =
  | Scalar
  | Substitution
  | ObjectNode
  | { readonly kind: 'array'; readonly items: readonly Assignment[] }
  | { readonly kind: 'concatenation'; readonly parts: readonly Node[]; readonly place: Place }
  /** `field += item` */
  | { readonly kind: 'append'; readonly item: Assignment }
  | { readonly kind: 'resolved'; readonly value: Resolved }

export interface ResolvedObject {
  readonly kind: 'object'
  readonly fields: ReadonlyMap<string, { readonly value: Resolved; readonly place: Place }>
}

/** A value after substitutions. */
export type Resolved =
  | Scalar
  | ResolvedObject
  | { readonly kind: 'array'; readonly items: readonly { value: Resolved; place: Place }[] }

export function scalar(value: Scalar['value'], text: string): Scalar {
  return { kind: 'scalar', value, text, blank: false }
}
