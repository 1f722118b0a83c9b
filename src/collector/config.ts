/** What spreads the records over the shards. An anonymous or unknown visitor always gets a random key. */
export type PartitionKey = 'random' | 'ipAddress' | 'networkUserId'

export interface CookieConfig {
  readonly enabled: boolean
  readonly name: string
  readonly expirationMs: number
  /** The first one that the Origin's host equals or is below of becomes the cookie's Domain. No leading dots. */
  readonly domains: readonly string[]
  /** The Domain when none of `domains` matches; null: the cookie belongs to the collector's own host. */
  readonly fallbackDomain: string | null
  readonly secure: boolean
  readonly httpOnly: boolean
  readonly sameSite: 'None' | 'Lax' | 'Strict'
}

/** What the HTTP endpoint does, and how much of it. Where Snowplow has a setting of the same meaning, its default holds. */
export interface CollectorConfig {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Paths of PEM files; null: the port speaks plain HTTP. */
  readonly tls: { readonly certificate: string; readonly privateKey: string } | null
  /** Who says so: `artifact-version` in the record's `collector` field, both in bad rows. */
  readonly processor: { readonly artifact: string; readonly version: string }
  /** From a path of our own to the one that is recorded: `{ '/com.acme/track': '/com.snowplowanalytics.snowplow/tp2' }`. */
  readonly paths: Readonly<Record<string, string>>
  readonly cookie: CookieConfig
  /** A GET of a visitor without an id is answered with a redirect to itself, marked by the parameter `name`. */
  readonly cookieBounce: {
    readonly enabled: boolean
    readonly name: string
    /** Of visitors who come back without the cookie. */
    readonly fallbackNetworkUserId: string
  }
  /** A visitor whose cookie `name` matches the whole expression `value` is answered but not recorded. */
  readonly doNotTrackCookie: { readonly name: string; readonly value: string } | null
  readonly cors: {
    /** How long a browser may remember a preflight; -1: not at all. */
    readonly maxAgeSeconds: number
    readonly allowedHeaders: readonly string[]
  }
  /** Hosts that `/r/…` may send a visitor to; `*.acme.com` stands for every host below acme.com. Empty: no redirects. */
  readonly redirectDomains: readonly string[]
  /** What stands for the visitor's network user id in the address of a redirect. */
  readonly redirectMacro: { readonly enabled: boolean; readonly placeholder: string }
  /** Value of the P3P header; null: none is sent. */
  readonly p3p: string | null
  /**
   * How many proxies in front of us append to X-Forwarded-For. The visitor is the address before them. `all` believes
   * the first address, whoever wrote it: what Snowplow does, and what anyone can forge.
   */
  readonly trustedProxies: number | 'all'
  readonly partitionKey: PartitionKey
  /** Largest record, partition key included; null: what the stream takes. */
  readonly maxRecordBytes: number | null
  /** A longer body is refused while it arrives. */
  readonly maxBodyBytes: number
  /** Request line and headers together: a GET carries its event in there. */
  readonly maxHeaderBytes: number
  /** Bodies and records of requests not yet answered. Beyond it: 503. */
  readonly maxBytesInFlight: number
  readonly maxConnections: number
  readonly maxBatchBytes: number
  readonly maxBatchRecords: number
  readonly maxConcurrentPuts: number
  /** A request whose records are not durable this long after they were sent to the stream is answered 503. */
  readonly putTimeoutMs: number
  /** What a 503 asks the tracker to wait. */
  readonly retryAfterSeconds: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  /** Between the call of stop and its beginning: requests are served, `/health` says 503 so that a balancer looks away. */
  readonly preTerminationMs: number
  /** How long stop waits for requests in flight before it cuts them off. */
  readonly terminationDeadlineMs: number
}
