import { failed, inputData, type Adapter } from '../adapter.ts'
import { keyValueData } from '../key-values.ts'
import { serverEvent } from '../webhook.ts'

const read = {
  booleans: ['first_call', 'answered'],
  integers: ['duration'],
  dates: ['datetime'],
}

/** CallRail: a call that ended, in the querystring. */
export const adaptCallrail: Adapter = (payload, { adaptersSchemas }) => {
  if (payload.querystring.length === 0) return failed(inputData('querystring', null, 'empty querystring'))
  const data = keyValueData(new Map(payload.querystring), read)
  const schema = adaptersSchemas.callrail.call_complete
  return { events: [serverEvent(payload, { trackerVersion: 'com.callrail-v1', schema, data })] }
}
