import { parseSelfDescribing } from '../../../iglu/index.ts'
import { isObject } from '../../../lib/index.ts'
import type { DerivedContext } from '../../event.ts'
import { readJson } from '../json-response.ts'
import type { Answer, HttpResponse } from '../services.ts'

// Each is validated.
const maxContexts = 100

/** `{"contexts": [{"schema": "iglu:…", "data": …}, …]}`; nothing to attach: that without any, `{}`, or a 204. */
export function readContexts(response: HttpResponse): Answer<readonly DerivedContext[]> {
  if (response.status === 204) return { value: [] }
  const json = readJson(response)
  if ('error' in json) return json
  if (!isObject(json.value)) return { error: 'the response is no JSON object' }
  const { contexts = [] } = json.value
  if (!Array.isArray(contexts)) return { error: 'the contexts of the response are no list' }
  if (contexts.length > maxContexts) return { error: `the response has more than ${maxContexts} contexts` }
  const read: DerivedContext[] = []
  for (const [index, context] of contexts.entries()) {
    const described = parseSelfDescribing(context)
    if (typeof described === 'string') return { error: `context ${index} of the response is ${described}` }
    read.push({ schema: described.schema.uri, data: described.data })
  }
  return { value: read }
}
