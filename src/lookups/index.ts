export type { CircuitState } from './circuit.ts'
export { openLookups, type LookupsOptions, type OpenLookups } from './lookups.ts'
export type { LookupMeasure } from './tally.ts'
