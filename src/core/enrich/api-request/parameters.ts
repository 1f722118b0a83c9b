import { membersOf, type Members } from '../../../lib/index.ts'
import { compileJsonPath } from '../../json-path/index.ts'
import { parseKeyedInputs, type KeyedInput } from '../inputs/index.ts'
import type { HttpRequest } from '../services.ts'
import type { ApiOutput } from './outputs.ts'

export interface ApiParameters {
  readonly inputs: readonly KeyedInput[]
  readonly method: HttpRequest['method']
  /** With `{{key}}` for values. */
  readonly uri: string
  readonly timeoutMs: number
  readonly authorization: string | null
  readonly outputs: readonly ApiOutput[]
  readonly cache: { readonly size: number; readonly ttlSeconds: number }
  readonly ignoreOnError: boolean
}

/** Parameters that have passed their schema; everything that is wrong with them nevertheless. */
export function parseApiParameters(
  parameters: Members,
): ApiParameters | { readonly errors: readonly string[] } {
  const http = membersOf(membersOf(parameters['api'])['http'])
  const cache = membersOf(parameters['cache'])
  const { inputs, errors: wrongInputs } = parseKeyedInputs(listOf(parameters['inputs']))
  const errors = wrongInputs.map(error => `inputs: ${error}`)
  const outputs = listOf(parameters['outputs']).map(output => {
    const { schema, json } = membersOf(output)
    const jsonPath = String(membersOf(json)['jsonPath'])
    const path = compileJsonPath(jsonPath)
    if ('error' in path) errors.push(`outputs: ${jsonPath} is not a JSON path: ${path.error}`)
    return { schema: String(schema), jsonPath, path }
  })
  const method = methods.find(known => known === http['method'])
  if (method === undefined) errors.push(`api.http.method must be one of ${methods.join(', ')}`)
  if (method === undefined || errors.length > 0) return { errors }
  return {
    inputs,
    method,
    uri: String(http['uri']),
    timeoutMs: Number(http['timeout']),
    authorization: authorizationOf(http['authentication']),
    outputs: outputs.flatMap(({ path, ...output }) => ('error' in path ? [] : [{ ...output, path }])),
    cache: { size: Number(cache['size']), ttlSeconds: Number(cache['ttl']) },
    ignoreOnError: parameters['ignoreOnError'] === true,
  }
}

const methods = ['GET', 'POST', 'PUT'] as const

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function authorizationOf(authentication: unknown): string | null {
  const { httpBasic } = membersOf(authentication)
  const { username, password } = membersOf(httpBasic)
  if (typeof username !== 'string' && typeof password !== 'string') return null
  const credentials = `${typeof username === 'string' ? username : ''}:${typeof password === 'string' ? password : ''}`
  return `Basic ${Buffer.from(credentials).toString('base64')}`
}
