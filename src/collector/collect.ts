import type { NewRecord } from '../streams/index.ts'
import { unknownAddress } from './address.ts'
import { sizeViolation } from './bad-row.ts'
import type { CollectorConfig, PartitionKey } from './config.ts'
import { networkUserCookie } from './cookie.ts'
import { payloadOf } from './record.ts'
import type { HttpRequest } from './request.ts'
import { fitPayload, type TooLarge } from './split.ts'
import { asksNotToBeTracked, bounces, visitorOf, type DoNotTrack, type Visitor } from './visitor.ts'

export interface CollectSettings {
  readonly config: CollectorConfig
  readonly doNotTrack: DoNotTrack | null
  /** Largest record, partition key included. */
  readonly maxRecordBytes: number
  /** A new UUID at each call. */
  readonly newId: () => string
}

/** What a request becomes. */
export type Collected =
  | { readonly is: 'ignored' }
  | { readonly is: 'bounced'; readonly cookie: string | null }
  | {
      readonly is: 'recorded'
      readonly records: readonly NewRecord[]
      readonly tooLarge: readonly TooLarge[]
      /** One for each of `tooLarge`. */
      readonly badRows: readonly NewRecord[]
      /** Set-Cookie; null: none. */
      readonly cookie: string | null
      readonly networkUserId: string
    }

export function collect(request: HttpRequest, settings: CollectSettings): Collected {
  const { config, doNotTrack, maxRecordBytes, newId } = settings
  if (doNotTrack !== null && asksNotToBeTracked(request, doNotTrack)) return { is: 'ignored' }
  const visitor = visitorOf(request, config, newId)
  const cookie = cookieFor(visitor, request, config)
  if (bounces(request, visitor, config)) return { is: 'bounced', cookie }
  const keyOf = () => partitionKey(visitor, config.partitionKey) ?? newId()
  const maxBytes = maxRecordBytes - keyOf().length
  const { records, tooLarge } = fitPayload(payloadOf(request, visitor, config), maxBytes)
  const context = { processor: config.processor, maxBytes, now: request.receivedAt }
  return {
    is: 'recorded',
    records: records.map(data => ({ partitionKey: keyOf(), data })),
    tooLarge,
    badRows: tooLarge.map(one => ({ partitionKey: newId(), data: sizeViolation(one, context) })),
    cookie,
    networkUserId: visitor.networkUserId,
  }
}

/** Null where the key must be random: an unknown visitor is many visitors, and one shard cannot take them all. */
function partitionKey(visitor: Visitor, choice: PartitionKey): string | null {
  if (visitor.anonymous || choice === 'random') return null
  if (choice === 'networkUserId') return visitor.networkUserId
  return visitor.ipAddress === unknownAddress ? null : visitor.ipAddress
}

function cookieFor(visitor: Visitor, request: HttpRequest, { cookie }: CollectorConfig): string | null {
  if (visitor.anonymous || !cookie.enabled) return null
  const { networkUserId } = visitor
  return networkUserCookie(networkUserId, request.headers.origin, { config: cookie, now: request.receivedAt })
}
