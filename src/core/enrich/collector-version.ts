import { inputDataFailure, type Enrichment } from './enrichment.ts'

/** An event must say which collector took it. Always on. */
export const collectorVersion: Enrichment = {
  name: 'collector-version',
  schemaKey: null,
  step: 'collector-version',
  enrich(event) {
    if (event.v_collector !== null && event.v_collector !== '') return undefined
    return inputDataFailure('v_collector', null, 'should be set')
  },
}
