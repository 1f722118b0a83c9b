import { parseDecimal } from '../../enrich/decimal.ts'
import { Refusal, toInt } from '../../enrich/conversions.ts'
import type { FailureDetail } from '../../bad-row.ts'
import type { CollectorPayload } from '../../event.ts'
import { failed, inputData, type Adapted, type Adapter } from '../adapter.ts'
import type { AdaptersSchemas } from '../adapter-schemas.ts'
import { parseIsoDate } from '../dates.ts'
import { fromText, type JsonTree } from '../json-tree.ts'
import { decodeOnce, unescapePercents } from '../url-decoding.ts'
import { serverEvent } from '../webhook.ts'

/** In the order of the log's columns; the first two columns are one name. */
const names = [
  'dateTime',
  'xEdgeLocation',
  'scBytes',
  'cIp',
  'csMethod',
  'csHost',
  'csUriStem',
  'scStatus',
  'csReferer',
  'csUserAgent',
  'csUriQuery',
  'csCookie',
  'xEdgeResultType',
  'xEdgeRequestId',
  'xHostHeader',
  'csProtocol',
  'csBytes',
  'timeTaken',
  'xForwardedFor',
  'sslProtocol',
  'sslCipher',
  'xEdgeResponseResultType',
  'csProtocolVersion',
  'fleStatus',
  'fleEncryptedFields',
] as const

/** A line of a CloudFront access log. How many columns it has says when it was written, and so its schema. */
export const adaptCloudfront: Adapter = (payload, { adaptersSchemas }) => {
  const { body } = payload
  if (body === null) return failed(inputData('body', null, 'empty body'))
  // A line is not worth more pieces than it may have.
  const [date = '', time = '', ...fields] = body.split('\t', 1000)
  const schema = schemaOfCount(fields.length + 2, adaptersSchemas)
  if (schema !== undefined) return adaptLine(payload, [`${date}T${time}`, ...fields], schema)
  const count = body.split('\t').length
  const complaint = `access log contained ${count} fields, expected 12, 15, 18, 19, 23, 24 or 26`
  return failed(inputData('body', body, complaint))
}

function schemaOfCount(count: number, { cloudfrontAccessLog }: AdaptersSchemas): string | undefined {
  return new Map(Object.entries(cloudfrontAccessLog)).get(`with_${count}_fields`)
}

function adaptLine(
  payload: CollectorPayload,
  [dateTime = '', ...fields]: readonly string[],
  schema: string,
): Adapted {
  const values = [`${dateTime}Z`, ...fields]
  const valueOf = (name: (typeof names)[number]) => values[names.indexOf(name)] || null
  const timestamp = parseIsoDate(`${dateTime}+00:00`)
  const problems: FailureDetail[] = []
  const data = new Map(
    values.map((value, index) => {
      const name = names[index] ?? ''
      const read = value === '' ? 'null' : readField(name, value)
      if (typeof read !== 'object' || !('type' in read)) return [name, read] as const
      problems.push(read)
      return [name, 'null'] as const
    }),
  )
  if (timestamp === null) {
    const complaint = `could not convert access log timestamp: Invalid format: "${dateTime}+00:00"`
    // The last problem of the columns comes first, as it always has.
    return failed(inputData('dateTime', dateTime.replace('T', ' '), complaint), ...problems.toReversed())
  }
  if (problems.length > 0) return failed(...problems.toReversed())
  const useragent = valueOf('csUserAgent')
  const seen: CollectorPayload = {
    ...payload,
    timestamp,
    ipAddress: valueOf('cIp'),
    useragent: useragent === null ? null : unescapePercents(useragent),
    refererUri: null,
    headers: [],
    networkUserId: null,
  }
  const event = { trackerVersion: 'com.amazon.aws.cloudfront/wd_access_log', schema, data }
  return { events: [serverEvent(seen, event, new Map([['url', valueOf('csReferer')]]))] }
}

function readField(name: string, value: string): JsonTree | FailureDetail {
  switch (name) {
    case 'timeTaken':
      return readDouble(value) ?? inputData(name, value, 'cannot be converted to Double')
    case 'csBytes':
    case 'scBytes': {
      const bytes = toInt(value)
      if (bytes === null || bytes instanceof Refusal)
        return inputData(name, value, 'cannot be converted to Int')
      return String(bytes)
    }
    case 'csReferer':
    case 'csUserAgent': {
      const decoded = decodeOnce(unescapePercents(value))
      return 'error' in decoded ? inputData(name, value, decoded.error) : fromText(decoded.text)
    }
    case 'csUriQuery':
      return fromText(unescapePercents(value))
    default:
      return fromText(value)
  }
}

function readDouble(text: string): string | null {
  const decimal = parseDecimal(text.trim())
  const value = 'text' in decimal ? Number(decimal.text) : Number.NaN
  return Number.isFinite(value) ? String(value) : null
}
