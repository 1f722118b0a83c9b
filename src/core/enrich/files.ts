import { parseSelfDescribing } from '../../iglu/index.ts'
import { isObject, MillraceError, membersOf } from '../../lib/index.ts'
import { enrichmentKinds } from './registry.ts'
import type { EnrichmentServices } from './services.ts'

/**
 * The URIs of the files that these configurations name, in the order in which a start opens them. Opens none. What is
 * disabled, unknown or broken names none.
 */
export async function filesOf(documents: readonly unknown[]): Promise<string[]> {
  const uris: string[] = []
  for (const document of documents) await create(document, noting(uris))
  return [...new Set(uris)]
}

async function create(document: unknown, services: EnrichmentServices): Promise<void> {
  const described = parseSelfDescribing(document)
  if (typeof described === 'string') return
  const { schema: key, data } = described
  if (!isObject(data) || data.enabled === false || !Object.hasOwn(enrichmentKinds, key.name)) return
  try {
    const config = { key, data, parameters: membersOf(data.parameters) }
    await enrichmentKinds[key.name]?.create(config, services)
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
  }
}

const onlyNames = 'only names of files are looked for'
const nothing = () => new MillraceError('asset', onlyNames, { retryable: false })
const nobody = { ask: () => ({ error: onlyNames }) }

/** Files that are noted and never there, and nothing else from outside. */
function noting(uris: string[]): EnrichmentServices {
  return {
    assets: {
      open(uri) {
        uris.push(uri)
        return Promise.resolve({
          get current(): never {
            throw nothing()
          },
        })
      },
    },
    lookups: { http: () => nobody, sql: () => nobody },
    scripts: { compile: () => Promise.reject(nothing()) },
  }
}
