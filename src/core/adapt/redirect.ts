import type { FailureDetail } from '../bad-row.ts'
import type { CollectorPayload } from '../event.ts'
import { decodeBase64 } from '../enrich/conversions.ts'
import { parseJsonText } from '../validate/json-text.ts'
import { membersOf } from '../validate/json-tokens.ts'
import { failed, inputData, type Adapted, type AdapterTools } from './adapter.ts'
import type { ParameterMap } from './parameter-map.ts'
import { contextsText, selfDescribingText, unstructEventText } from './self-describing-text.ts'

/**
 * A click on a link that the collector redirects: `u` says where to. With an event type in the querystring the link is
 * a context of that event, else it is the event.
 */
export function adaptRedirect(payload: CollectorPayload, { maxJsonDepth }: AdapterTools): Adapted {
  const given = new Map(payload.querystring)
  if (given.size === 0) {
    return failed(inputData('querystring', null, 'empty querystring: not a valid URI redirect'))
  }
  const uri = given.get('u') ?? null
  if (uri === null) {
    const expectation = 'missing `u` parameter: not a valid URI redirect'
    return failed(inputData('querystring', joined(given), expectation))
  }
  const redirect = selfDescribingText(
    'iglu:com.snowplowanalytics.snowplow/uri_redirect/jsonschema/1-0-0',
    JSON.stringify({ uri }),
  )
  const added = given.has('e') ? withContext(given, redirect, maxJsonDepth) : asEvent(redirect)
  if ('type' in added) return failed(added)
  const parameters = new Map([...given, ...added.parameters])
  parameters.delete('u')
  parameters.set('tv', 'r-tp2')
  parameters.set('p', given.get('p') ?? 'web')
  return { events: [{ payload, parameters }] }
}

function joined(parameters: ParameterMap): string {
  return Array.from(parameters, ([name, value]) => `${name}=${value}`).join('&')
}

interface Added {
  readonly parameters: readonly (readonly [string, string])[]
}

function asEvent(redirect: string): Added {
  return {
    parameters: [
      ['e', 'ue'],
      ['ue_pr', unstructEventText(redirect)],
    ],
  }
}

function withContext(given: ParameterMap, redirect: string, maxJsonDepth: number): Added | FailureDetail {
  const encoded = given.get('cx') ?? ''
  const existing = encoded === '' ? (given.get('co') ?? '') : decodeBase64(encoded)
  if (encoded === '' && existing === '') return { parameters: [['co', contextsText([redirect])]] }
  const json = parseJsonText(existing, maxJsonDepth)
  if ('error' in json) return { type: 'NotJson', field: 'co|cx', value: existing, error: json.error }
  const contexts = prepend(redirect, json.text)
  if (encoded === '') return { parameters: [['co', contexts]] }
  return { parameters: [['cx', Buffer.from(contexts).toString('base64url')]] }
}

/** Puts a context before the others. What holds no list of contexts stays as it is: the validation will say so. */
function prepend(context: string, contexts: string): string {
  if (!contexts.startsWith('{')) return contexts
  const members = membersOf(contexts)
  const data = members.get('data')
  if (data === undefined || !data.startsWith('[')) return contexts
  members.set('data', data === '[]' ? `[${context}]` : `[${context},${data.slice(1)}`)
  return `{${Array.from(members, ([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`
}
