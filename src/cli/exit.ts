import { CommanderError } from 'commander'
import { ConfigError, formatProblem } from '../config/index.ts'
import { messageOf, MillraceError, type ErrorCode } from '../lib/index.ts'

/** What the program's exit code means. Source: sysexits.h; a supervisor should not restart after 64, 66 and 78. */
export const exitCodes = {
  ok: 0,
  /** The command line is wrong. */
  usage: 64,
  /** Some of the input was bad. */
  data: 65,
  /** The input cannot be read. */
  noInput: 66,
  /** Something outside does not answer. */
  unavailable: 69,
  /** A bug in this program. */
  bug: 70,
  /** A file or a disk failed. */
  io: 74,
  /** The configuration is wrong. */
  config: 78,
} as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** A command cannot do what it was asked to. The message says what, and what to do next. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: number

  constructor(exitCode: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.exitCode = exitCode
  }
}

/** Whoever read our output has gone away: `millrace tap | head`. Nothing is wrong, and there is nothing left to do. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed'
}

const codesOf: Readonly<Record<ErrorCode, ExitCode>> = {
  config: exitCodes.config,
  iglu: exitCodes.unavailable,
  source: exitCodes.unavailable,
  sink: exitCodes.unavailable,
  leases: exitCodes.unavailable,
  store: exitCodes.io,
  collector: exitCodes.unavailable,
  asset: exitCodes.unavailable,
  enrichment: exitCodes.config,
  instance: exitCodes.unavailable,
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommandError) return error.exitCode
  if (error instanceof OutputClosed) return exitCodes.ok
  if (error instanceof MillraceError) return codesOf[error.code]
  // Commander exits with 0 after --help and --version, and with 1 when the command line is wrong.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  const code = systemCode(error)
  if (code === undefined) return exitCodes.bug
  return ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(code) ? exitCodes.noInput : exitCodes.io
}

/** What a person is told; empty when everything is said already. A stack only for a bug, or with --debug. */
export function describeError(error: unknown, debug: boolean): string {
  if (error instanceof OutputClosed || error instanceof CommanderError) return ''
  const said = say(error)
  const bug = exitCodeOf(error) === exitCodes.bug
  if (!bug && !debug) return said
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const cause =
    error instanceof Error && error.cause !== undefined ? `\ncaused by ${stackOf(error.cause)}` : ''
  const report = bug
    ? '\nThis is a bug in millrace: please report it with what you did and the lines above.'
    : ''
  return `${said}\n${stack}${cause}${report}`
}

function say(error: unknown): string {
  if (error instanceof ConfigError)
    return error.problems.map(problem => `millrace: ${formatProblem(problem)}`).join('\n')
  return `millrace: ${messageOf(error)}`
}

function stackOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : messageOf(thrown)
}

/** `ENOENT` and the like, of an error that the operating system caused. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
