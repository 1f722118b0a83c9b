import { ConfigError, type Problem } from '../config/index.ts'
import type { MillraceError } from '../lib/index.ts'

/** What an error says is wrong with `source`, one problem for each thing. */
export function problemsOf(source: string, error: MillraceError): readonly Problem[] {
  return error instanceof ConfigError
    ? error.problems
    : linesOf(error.message).map(line => asProblem(source, line))
}

export function asProblem(source: string, text: string): Problem {
  const [cause = '', ...next] = text.split('; ')
  return { source, field: '', cause, next: next.join('; ') || 'correct it' }
}

/** A message that lists several things has each on a line of its own, below a heading. */
function linesOf(message: string): readonly string[] {
  const [head = '', ...rest] = message
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
  return rest.length === 0 ? [head] : rest
}
