import type { EnrichmentFailure, EnrichmentInformation } from '../../bad-row.ts'
import type { EnrichmentFailed } from '../enrichment.ts'

/** Failures of an enrichment that has a configuration, in their order. */
export function enrichmentFailed(
  enrichment: EnrichmentInformation,
  errors: readonly string[],
): EnrichmentFailed {
  return { failures: errors.map(error => ({ enrichment, message: { type: 'Simple', error } })) }
}

/** A column that the enrichment cannot do without is empty. */
export function missingColumn(enrichment: EnrichmentInformation, field: string): EnrichmentFailure {
  return { enrichment, message: { type: 'InputData', field, value: null, expectation: 'missing' } }
}
