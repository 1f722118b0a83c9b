import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { samples } from '../../src/core/adapt/test-samples.ts'
import type { ThriftPayload } from '../../src/core/index.ts'
import { encodeLoosely } from './hostile.ts'

/* Payloads that make events, and those of Snowplow's own tests where they are at hand. */

export type Content = Pick<ThriftPayload, 'querystring' | 'body' | 'contentType'>

const shared = process.env['MILLRACE_SHARED'] ?? resolve(import.meta.dirname, '../../../shared')
const golden = join(shared, 'golden/adapters.json')

export const originals = originalsByPath()

function originalsByPath(): ReadonlyMap<string, readonly Content[]> {
  const found = new Map<string, Content[]>()
  const add = (path: string, sample: Sample) => {
    const content: Content = {
      querystring: sample.querystring
        .map(pair => pair.map(text => encodeLoosely(text ?? '')).join('='))
        .join('&'),
      body: sample.body ?? undefined,
      contentType: sample.contentType ?? undefined,
    }
    found.set(path, [...(found.get(path) ?? []), content])
  }
  for (const [path, sample] of samples) add(path, sample)
  for (const { api, ...sample } of goldenPayloads()) add(`${api.vendor}/${api.version}`, sample)
  return found
}

interface Sample {
  readonly querystring: readonly (readonly (string | null)[])[]
  readonly body: string | null
  readonly contentType: string | null
}

type GoldenPayload = Sample & { readonly api: { readonly vendor: string; readonly version: string } }

function goldenPayloads(): GoldenPayload[] {
  if (!existsSync(golden)) return []
  const cases = JSON.parse(readFileSync(golden, 'utf8')) as readonly {
    readonly input: { readonly args?: { readonly payload?: Partial<GoldenPayload> } }
  }[]
  return cases.flatMap(({ input: { args } }) => {
    const { api, querystring = [], body = null, contentType = null } = args?.payload ?? {}
    return api === undefined ? [] : [{ api, querystring, body, contentType }]
  })
}
