import type { EnrichmentServices, Lookups } from './services.ts'

const noLookup = { ask: () => ({ error: 'no lookup in this test' }) }

const noLookups: Lookups = { http: () => noLookup, sql: () => noLookup }

/** For enrichments that need nothing from outside: whatever is asked for is not there. */
export const noServices: EnrichmentServices = {
  scripts: { compile: () => Promise.reject(new Error('no scripts in this test')) },
  assets: { open: uri => Promise.reject(new Error(`no asset ${uri} in this test`)) },
  lookups: noLookups,
}

/** Files by their URI. */
export function servicesWith(files: Readonly<Record<string, Uint8Array | string>>): EnrichmentServices {
  return {
    ...noServices,
    assets: {
      async open(uri, load) {
        const file = files[uri]
        if (file === undefined) throw new Error(`no asset ${uri} in this test`)
        return { current: load(typeof file === 'string' ? Buffer.from(file) : file) }
      },
    },
  }
}
