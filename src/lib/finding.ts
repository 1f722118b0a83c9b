import { messageOf, MillraceError, type ErrorCode } from './error.ts'

export const findingLevels = ['ok', 'warning', 'problem'] as const
export type FindingLevel = (typeof findingLevels)[number]

/** What one look at something outside found. */
export interface Finding {
  readonly level: FindingLevel
  /** What was looked at: `directory /var/lib`. */
  readonly subject: string
  readonly found: string
  /** What to do. Absent when there is nothing. */
  readonly next?: string
  /** Of a problem: another look later may find none. */
  readonly retryable?: boolean
}

export function fine(subject: string, found: string): Finding {
  return { level: 'ok', subject, found }
}

/** A failure as a problem. Our messages say what is wrong, a semicolon, and what to do. */
export function problemOf(subject: string, error: unknown): Finding {
  const [found = '', ...next] = messageOf(error).split('; ')
  const retryable = error instanceof MillraceError && error.retryable
  return { level: 'problem', subject, found, ...(next.length > 0 && { next: next.join('; ') }), retryable }
}

/** `directory /var/lib: is full; free some space` */
export function formatFinding({ subject, found, next }: Finding): string {
  return `${subject}: ${found}${next === undefined ? '' : `; ${next}`}`
}

/**
 * What is wrong in these findings as one error, each problem on a line of its own; undefined when nothing is. What
 * no other try can get past is a matter of configuration, the rest of `code`.
 */
export function errorOf(findings: readonly Finding[], code: ErrorCode): MillraceError | undefined {
  const problems = findings.filter(({ level }) => level === 'problem')
  if (problems.length === 0) return undefined
  const retryable = problems.every(problem => problem.retryable === true)
  const message = problems.map(formatFinding).join('\n')
  return new MillraceError(retryable ? code : 'config', message, { retryable })
}
