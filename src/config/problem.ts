import { MillraceError } from '../lib/index.ts'

/** One thing that is wrong with what a person wrote. */
export interface Problem {
  /** Where: a file with its line, `base64`, or a flag. */
  readonly source: string
  /** The field as a path: `leases.leaseMs`. Empty: the whole of it. */
  readonly field: string
  /** What is wrong, with what was found. */
  readonly cause: string
  /** What to do. */
  readonly next: string
}

export function formatProblem({ source, field, cause, next }: Problem): string {
  return `${source}: ${field === '' ? '' : `${field}: `}${cause}; ${next}`
}

/** The configuration is refused; nothing was opened. Tells every problem at once. */
export class ConfigError extends MillraceError {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[], cause?: unknown) {
    super('config', problems.map(formatProblem).join('\n'), { retryable: false, cause })
    this.problems = problems
  }
}

/** A refusal with one problem. */
export function refuse(problem: Problem, cause?: unknown): ConfigError {
  return new ConfigError([problem], cause)
}
