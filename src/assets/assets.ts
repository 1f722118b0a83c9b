import { readFile } from 'node:fs/promises'
import type { Assets } from '../core/index.ts'
import { MillraceError } from '../lib/index.ts'

/** The files that enrichments need, from where their configurations say. */
export function openAssets(): Assets {
  return {
    async open(uri, load) {
      const bytes = await readFile(uri.replace(/^file:\/\//, '')).catch((cause: unknown) => {
        throw new MillraceError('config', `cannot read ${uri}`, { retryable: false, cause })
      })
      return { current: load(bytes) }
    },
  }
}
