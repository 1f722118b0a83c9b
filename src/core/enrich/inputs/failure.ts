import type { EnrichmentFailure } from '../../bad-row.ts'
import type { EnrichmentFailed } from '../enrichment.ts'

/** Failures of an enrichment that has a configuration, in their order. */
export function enrichmentFailed(
  enrichment: NonNullable<EnrichmentFailure['enrichment']>,
  errors: readonly string[],
): EnrichmentFailed {
  return { failures: errors.map(error => ({ enrichment, message: { type: 'Simple', error } })) }
}
