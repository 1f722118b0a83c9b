import { Match, select } from './find.ts'
import { parseJsonPath } from './parse.ts'

export { Match } from './find.ts'

/** A compiled path. It can be used for any number of values. */
export interface JsonPath {
  /**
   * The places of a JSON value that the path leads to, each once, in the order of the text; none where it leads
   * nowhere. Linear in the size of the value, for each part of the path.
   */
  find(value: unknown): Match[]
}

/**
 * Compiles a JSON path in the dialect of Jayway, whose paths Snowplow's configurations hold: `$.a.b`, `$['x','y']`,
 * `[0,-1]`, `[1:3]`, `*`, `..` and filters without functions and regular expressions. Other text is refused with what
 * is wrong about it.
 */
export function compileJsonPath(text: string): JsonPath | { readonly error: string } {
  const parts = parseJsonPath(text)
  if ('error' in parts) return parts
  return {
    find(value) {
      let matches = [new Match(value, null, null)]
      for (const part of parts) matches = select(matches, part, value)
      return matches
    },
  }
}
