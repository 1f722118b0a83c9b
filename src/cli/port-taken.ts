import { MillraceError } from '../lib/index.ts'
import { CommandError, exitCodes } from './exit.ts'

/** Adds to the collector's error that its port is taken how the command would get another one. */
export function explainPort(error: unknown, howTo: string): unknown {
  if (!(error instanceof MillraceError) || error.code !== 'collector' || !isTaken(error.cause)) return error
  const message = `${error.message}: ${howTo}. Perhaps another Millrace runs there already`
  return new CommandError(exitCodes.unavailable, message, error)
}

function isTaken(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE'
}
