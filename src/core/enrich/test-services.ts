import type { EnrichmentServices } from './services.ts'

/** For enrichments that need nothing from outside: whatever is asked for is not there. */
export const noServices: EnrichmentServices = {
  assets: { open: uri => Promise.reject(new Error(`no asset ${uri} in this test`)) },
}

/** Files by their URI. */
export function servicesWith(files: Readonly<Record<string, Uint8Array | string>>): EnrichmentServices {
  return {
    assets: {
      async open(uri, load) {
        const file = files[uri]
        if (file === undefined) throw new Error(`no asset ${uri} in this test`)
        return { current: load(typeof file === 'string' ? Buffer.from(file) : file) }
      },
    },
  }
}
