import type { EnrichmentServices } from './services.ts'

/** For enrichments that need nothing from outside: whatever is asked for is not there. */
export const noServices: EnrichmentServices = {
  assets: { open: uri => Promise.reject(new Error(`no asset ${uri} in this test`)) },
}
