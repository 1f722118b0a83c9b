import type { FailureDetail } from '../bad-row.ts'
import type { CollectorPayload } from '../event.ts'
import { parseJsonText } from '../validate/json-text.ts'
import { bodyOf } from '../enrich/http-body.ts'
import type { Answer, Lookups } from '../enrich/services.ts'
import { failed, inputData, type Adapted } from './adapter.ts'
import { isList, isObject, member, readTree, textOf, type JsonTree } from './json-tree.ts'

/** Where remote adapters are and how patiently they are asked. Plain data. */
export interface RemoteAdaptersOptions {
  /** For one call, connecting included. */
  readonly timeoutMs: number
  /** To each of them. */
  readonly maxConnections: number
  readonly configs: readonly { readonly vendor: string; readonly version: string; readonly url: string }[]
}

/** A service that makes events of payloads. */
export interface RemoteAdapter {
  /** What the costs of its calls are told under. */
  readonly name: string
  /** How bad rows call it; without credentials. */
  readonly url: string
  /** Sends JSON and gives the body of a good answer, or says why there is none. In bounded time. */
  ask(body: string): Answer<string> | Promise<Answer<string>>
}

/** By `vendor/version`. They come before the adapters of this program. */
export type RemoteAdapters = ReadonlyMap<string, RemoteAdapter>

/** Nothing is opened before the first payload. */
export function openRemoteAdapters(options: RemoteAdaptersOptions, lookups: Lookups): RemoteAdapters {
  return new Map(
    options.configs.map(({ vendor, version, url }) => {
      const api = `${vendor}/${version}`
      return [api, openRemoteAdapter(`remote_adapter ${api}`, url, { options, lookups })]
    }),
  )
}

interface Outside {
  readonly options: RemoteAdaptersOptions
  readonly lookups: Lookups
}

const headers = { 'content-type': 'application/json', accept: '*/*' }

function openRemoteAdapter(name: string, url: string, { options, lookups }: Outside): RemoteAdapter {
  const lookup = lookups.http<string>({
    name,
    timeoutMs: options.timeoutMs,
    concurrency: options.maxConnections,
    // No two payloads are the same question: each call may do something.
    cache: { size: 0, ttlMs: 0, errorTtlMs: 0 },
    read: bodyOf,
  })
  let asked = 0
  return {
    name,
    url: withoutCredentials(url),
    ask: body => lookup.ask(String(asked++), { method: 'POST', url, headers, body }),
  }
}

function withoutCredentials(url: string): string {
  return url.replace(/^(https?:\/\/)[^/?#]*@/, '$1')
}

/** Tools that repair bad rows tell by it what a remote adapter had to do with. */
const mark = '[REMOTE_ADAPTER]'

/** The events that a service makes of a payload. When it cannot be had, the payload is a bad row: who runs it may send it again. */
export async function adaptRemotely(
  payload: CollectorPayload,
  service: RemoteAdapter,
  maxJsonDepth: number,
): Promise<Adapted> {
  const { contentType, querystring, headers, body } = payload
  if (body === null || body === '') {
    return failed(inputData('body', null, `empty body: not a valid remote adapter ${service.url} payload`))
  }
  const question = { contentType, queryString: Object.fromEntries(querystring), headers, body }
  const answer = await service.ask(JSON.stringify(question))
  if ('value' in answer) return readAnswer(payload, answer.value, maxJsonDepth)
  const complaint = `could not get response from remote adapter ${service.url}: ${answer.error}`
  return failed(inputData('body', null, `${mark} ${complaint}`))
}

/** `{ "events": [{ "e": "pv", … }, …] }`, texts by text. */
function readAnswer(payload: CollectorPayload, text: string, maxJsonDepth: number): Adapted {
  const json = parseJsonText(text, maxJsonDepth)
  if ('error' in json) return failed(notJson(text, json.error))
  const list = member(readTree(json.text), 'events')
  const events = isList(list) ? list.map(parametersOf) : []
  if (!isList(list) || events.includes(null)) {
    const complaint = 'could not be decoded as a list of json objects: expected objects of texts in `events`'
    return failed(inputData('body', text, `${mark} ${complaint}`))
  }
  if (events.length === 0) return failed(inputData('body', text, `${mark} empty list of events`))
  return { events: events.flatMap(parameters => (parameters === null ? [] : [{ payload, parameters }])) }
}

function notJson(value: string, error: string): FailureDetail {
  return { type: 'NotJson', field: 'body', value, error: `${mark} invalid json: ${error}` }
}

function parametersOf(event: JsonTree): ReadonlyMap<string, string> | null {
  if (!isObject(event)) return null
  const parameters = new Map<string, string>()
  for (const [name, value] of event) {
    const text = textOf(value)
    if (text === null) return null
    parameters.set(name, text)
  }
  return parameters
}
