import type { CollectorPayload } from '../event.ts'
import { failed, inputData, type Adapted } from './adapter.ts'

/** The first tracker protocol: the querystring is the event. */
export function adaptTp1(payload: CollectorPayload): Adapted {
  if (payload.querystring.length === 0) {
    // Snowplow's words, although this is no redirect: tools that read bad rows know them.
    return failed(inputData('querystring', null, 'empty querystring: not a valid URI redirect'))
  }
  return { events: [{ payload, parameters: new Map(payload.querystring) }] }
}
