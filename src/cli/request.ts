import { z } from 'zod'
import { encodeCollectorPayload } from '../core/index.ts'
import { isDeeperThan, messageOf } from '../lib/index.ts'
import { CommandError, exitCodes } from './exit.ts'

const text = z.string()

/** One request to a collector, as a line of JSON. */
const requestSchema = z.strictObject({
  method: z.enum(['GET', 'POST']).optional(),
  /** `/i?e=pv&p=web`, or a whole URL. */
  url: text.min(1),
  headers: z.record(text, text).optional(),
  /** Text as sent, or the JSON that it holds. */
  body: z.union([text, z.looseObject({}), z.array(z.unknown())]).optional(),
  ipAddress: text.optional(),
  /** When it arrived: ISO 8601, or milliseconds since the epoch. */
  timestamp: z.union([z.int().nonnegative(), z.iso.datetime({ offset: true })]).optional(),
  networkUserId: text.optional(),
})

/** To write a deeper body down would exhaust the stack. */
const maxDepth = 1000

/** A line that describes a request → the record that a collector would have written. */
export function encodeRequest(line: string, place: string, now: number): Uint8Array {
  const { url, headers = {}, body, timestamp = now, ...rest } = parseRequest(line, place)
  const { pathname, search, host } = new URL(url, 'http://localhost')
  const header = (name: string) => Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  return encodeCollectorPayload({
    ipAddress: rest.ipAddress ?? '127.0.0.1',
    timestamp: typeof timestamp === 'number' ? timestamp : Date.parse(timestamp),
    encoding: 'UTF-8',
    collector: 'millrace-enrich',
    userAgent: header('user-agent'),
    refererUri: header('referer'),
    path: pathname,
    querystring: search === '' ? undefined : search.slice(1),
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    headers: Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    contentType: header('content-type') ?? (body === undefined ? undefined : 'application/json'),
    hostname: header('host') ?? host,
    networkUserId: rest.networkUserId,
  })
}

function parseRequest(line: string, place: string): z.output<typeof requestSchema> {
  const checked = requestSchema.safeParse(parseJson(line, place))
  if (checked.success) return checked.data
  const [issue] = checked.error.issues
  const field = issue?.path.join('.') ?? ''
  throw broken(place, `${field === '' ? '' : `${field}: `}${issue?.message ?? 'no request'}`)
}

function parseJson(line: string, place: string): unknown {
  let request: unknown
  try {
    request = JSON.parse(line)
  } catch (error) {
    throw broken(place, messageOf(error))
  }
  if (!isDeeperThan(request, maxDepth)) return request
  throw broken(place, `its body is nested deeper than ${maxDepth}; give it as text`)
}

function broken(place: string, cause: string): CommandError {
  const example = '{"url": "/i?e=pv&p=web", "headers": {"User-Agent": "…"}}'
  return new CommandError(exitCodes.data, `${place}: ${cause}; a request is written like ${example}`)
}
