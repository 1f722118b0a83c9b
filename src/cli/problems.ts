import { ConfigError, type Problem } from '../config/index.ts'
import type { MillraceError } from '../lib/index.ts'

/** What an error says is wrong with `source`, one problem for each thing. */
export function problemsOf(source: string, error: MillraceError): readonly Problem[] {
  return error instanceof ConfigError
    ? error.problems
    : linesOf(error.message).map(line => asProblem(source, line, error.retryable ? outage : 'correct it'))
}

/** Nobody tries again here. */
const outage = 'see whether it can be reached from this machine, and run this again'

const uris =
  'write it with its scheme: https://host/folder, s3://bucket/folder, or file:///folder on this machine'

export function asProblem(source: string, text: string, otherwise = 'correct it'): Problem {
  const [cause = '', ...rest] = text.split('; ')
  const next = rest.filter(step => step !== 'will be tried again').join('; ')
  // The words of the schema's own check say nothing of paths, which is what people write there.
  const wholeUri = cause.endsWith('does not match the uri pattern uri') ? uris : undefined
  return { source, field: '', cause, next: wholeUri ?? (next || otherwise) }
}

/** A message that lists several things has each on a line of its own, below a heading. */
function linesOf(message: string): readonly string[] {
  const [head = '', ...rest] = message
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
  return rest.length === 0 ? [head] : rest
}
