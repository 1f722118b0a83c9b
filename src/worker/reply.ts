import type { MillraceEvent } from '../observe/index.ts'
import { messageOf, MillraceError, type ErrorCode } from '../lib/index.ts'

/** Something to be told that no batch asked for. */
export interface Told {
  readonly event: MillraceEvent
}

/** What a thread answers. A failure travels as plain data: class instances do not survive the way. */
export type Reply =
  | { readonly outputs: ArrayBuffer }
  | {
      readonly error: { readonly code: ErrorCode; readonly message: string; readonly retryable: boolean }
      /** The thread could not build its core, and never will. */
      readonly unbuilt?: true
    }

export function replyOf(error: unknown): Reply {
  if (error instanceof MillraceError) {
    return { error: { code: error.code, message: error.message, retryable: error.retryable } }
  }
  return {
    error: { code: 'enrichment', message: `a bug in the pipeline: ${messageOf(error)}`, retryable: false },
  }
}
