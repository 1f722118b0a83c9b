import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openAssets } from '../../src/assets/index.ts'
import type { Assets } from '../../src/core/index.ts'
import { casesFolder } from './settings.ts'

/* The corpus' lookup files, which its configurations name by URIs of other places. */

interface Resource {
  readonly name: string
  readonly text?: string
  readonly base64?: string
}

let resources: readonly Resource[] | undefined

export function readResource(name: string): Uint8Array {
  resources ??= JSON.parse(readFileSync(join(casesFolder, 'resources.json'), 'utf8')) as Resource[]
  const resource = resources.find(one => one.name === name)
  if (resource === undefined) throw new RangeError(`resources.json has no ${name}`)
  return Buffer.from(resource.text ?? resource.base64 ?? '', resource.text === undefined ? 'base64' : 'utf8')
}

/** By the last part of a file's URI. */
export const resourceAssets: Assets = {
  async open(uri, load) {
    if (uri.startsWith('bundled:')) return openAssets().open(uri, load)
    return { current: load(readResource(uri.slice(uri.lastIndexOf('/') + 1))) }
  },
}
