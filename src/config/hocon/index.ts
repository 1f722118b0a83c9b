import { HoconError, type Place, type Resolved } from './node.ts'
import { parseTree, type ReadInclude } from './parse.ts'
import { resolveTree, type Environment } from './resolve.ts'

export { HoconError, type Environment, type Place, type ReadInclude }

export interface HoconOptions {
  /** What to call the text in errors. */
  readonly file: string
  /** For `${NAME}` that the text itself does not define. */
  readonly environment?: Environment
  /** Absent: the text may not include others. */
  readonly readInclude?: ReadInclude | undefined
}

/** Plain data, and where each piece of it was written. */
export interface Document {
  readonly value: unknown
  /** The place of the field at `path`, or of the closest one around it. */
  placeOf(path: readonly PropertyKey[]): Place
}

/**
 * HOCON (and so JSON) → plain data. Everything in Lightbend's specification except `include url(…)` and
 * `include classpath(…)`. Hostile text is refused with a HoconError before it costs much time or memory.
 */
export function parseHocon(text: string, options: HoconOptions): Document {
  const root = resolveTree(parseTree(text, options), options.environment ?? {})
  return { value: toPlain(root), placeOf: path => placeOf(root, path, options.file) }
}

function toPlain(value: Resolved): unknown {
  if (value.kind === 'scalar') return value.value
  if (value.kind === 'array') return value.items.map(item => toPlain(item.value))
  // fromEntries defines own properties, whatever their names.
  return Object.fromEntries(Array.from(value.fields, ([key, field]) => [key, toPlain(field.value)]))
}

function placeOf(root: Resolved, path: readonly PropertyKey[], file: string): Place {
  let place: Place = { file, line: 1 }
  let value: Resolved | undefined = root
  for (const step of path) {
    const found: { value: Resolved; place: Place } | undefined =
      value.kind === 'object'
        ? value.fields.get(String(step))
        : value.kind === 'array'
          ? value.items[Number(step)]
          : undefined
    if (found === undefined) break
    place = found.place
    value = found.value
  }
  return place
}
