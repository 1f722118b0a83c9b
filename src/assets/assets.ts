import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Assets } from '../core/index.ts'
import { MillraceError } from '../lib/index.ts'

/** The files that enrichments need, from where their configurations say. */
export function openAssets(): Assets {
  return {
    async open(uri, load) {
      const bytes = await readFile(pathOf(uri)).catch((cause: unknown) => {
        throw new MillraceError('config', `cannot read ${uri}`, { retryable: false, cause })
      })
      return { current: load(bytes) }
    },
  }
}

/** `bundled:` names a file of a package that comes with this program. */
function pathOf(uri: string): string {
  if (uri.startsWith('bundled:')) return fileURLToPath(import.meta.resolve(uri.slice('bundled:'.length)))
  return uri.replace(/^file:\/\//, '')
}
