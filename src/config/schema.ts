import { availableParallelism, hostname } from 'node:os'
import { z } from 'zod'
import { parseDuration, parseSize } from './units.ts'

/*
 * All configuration, in one place. What is not described here is refused. Every field has a default, so that an empty
 * file is a working configuration. The reference in the documentation is made from these descriptions.
 */

/** Text that an environment variable or a quoted value brought, where a number or a yes or no is meant. */
function fromText(value: unknown): unknown {
  if (typeof value !== 'string') return value
  if (/^-?\d{1,15}$/.test(value.trim())) return Number(value)
  if (/^(?:true|yes|on)$/i.test(value)) return true
  if (/^(?:false|no|off)$/i.test(value)) return false
  return value
}

const between = (least: number, most: number) =>
  z.preprocess(fromText, z.int(`expected a whole number from ${least} to ${most}`).min(least).max(most))
const yesOrNo = z.preprocess(fromText, z.boolean('expected true or false'))
const name = z
  .string('expected a name')
  .regex(
    /^[a-zA-Z0-9_.-]{1,128}$/,
    'expected 1 to 128 characters of a-z A-Z 0-9 _ . - as stream and table names have',
  )
const port = between(0, 65_535)

function measure(parse: (text: string) => number | undefined, expected: string) {
  return z.union([z.number(), z.string()], expected).transform((value, context) => {
    const parsed = parse(String(value))
    if (parsed !== undefined) return parsed
    context.addIssue({ code: 'custom', message: expected, input: value })
    return z.NEVER
  })
}

/** A number of milliseconds, or text such as `10 seconds`. */
const duration = measure(
  parseDuration,
  'expected a duration such as "10 seconds", or a number of milliseconds',
)
/** A number of bytes, or text such as `1 MiB`. */
const size = measure(parseSize, 'expected a size such as "1 MiB", or a number of bytes')

const atLeast = (least: number, unit: string) =>
  [(value: number) => value >= least, { error: `expected at least ${least} ${unit}` }] as const

const bytes = (value: number) => size.refine(...atLeast(1024, 'bytes')).default(value)

const shards = between(1, 10_000)

const stream = (defaultName: string, defaultShards: number, what: string) =>
  z
    .strictObject({
      name: name.default(defaultName).describe('Name of the stream.'),
      shards: shards
        .default(defaultShards)
        .describe('Shards the stream gets when it is created; an existing stream keeps what it has.'),
    })
    .prefault({})
    .describe(what)

const streams = z
  .strictObject({
    raw: stream('raw', 4, 'What the collector writes and the workers read.'),
    good: stream('enriched', 1, 'Enriched events, one TSV line each.'),
    bad: stream('bad', 1, 'Bad rows: what could not become an event, as self-describing JSON.'),
    failed: z
      .strictObject({
        name: name.default('failed').describe('Name of the stream.'),
        shards: shards.default(1).describe('Shards the stream gets when it is created.'),
      })
      .optional()
      .describe(
        'Incomplete events in the format of enriched ones, beside their bad rows. Absent: not written.',
      ),
  })
  .superRefine((named, context) => {
    const seen = new Map<string, string>()
    for (const [which, { name: text } = { name: '' }] of Object.entries(named)) {
      const other = seen.get(text)
      const message = `expected a name of its own: ${other} and ${which} are both called ${text}`
      if (other !== undefined)
        context.addIssue({ code: 'custom', path: [which, 'name'], message, input: text })
      seen.set(text, which)
    }
  })
  .prefault({})
  .describe('The streams. Use the names that your loaders know.')

const embedded = z
  .strictObject({
    directory: z
      .string('expected a path')
      .min(1)
      .default('millrace-data')
      .describe(
        'Where streams and leases are kept. Every process of one installation names the same directory.',
      ),
    retentionMs: duration
      .refine(...atLeast(60_000, 'ms'))
      .default(24 * 3_600_000)
      .describe('Records older than this are removed.'),
    durability: z
      .enum(['process', 'disk'])
      .default('disk')
      .describe(
        'What a record that was acknowledged outlives: `process` the end of every process, `disk` also a power cut.',
      ),
  })
  .prefault({})
  .describe('The embedded backend: streams and leases in SQLite files, for many processes on one machine.')

/** `LATEST`, or Snowplow's `{ type: LATEST }`. */
const initialPosition = z
  .union(
    [
      z.enum(['TRIM_HORIZON', 'LATEST']),
      z.strictObject({ type: z.enum(['TRIM_HORIZON', 'LATEST']) }),
      z.strictObject({
        type: z.literal('AT_TIMESTAMP'),
        timestamp: z.iso.datetime({ offset: true }),
      }),
    ],
    'expected TRIM_HORIZON, LATEST, or { type: AT_TIMESTAMP, timestamp: "2026-01-31T12:00:00Z" }',
  )
  .transform((value): InitialPosition => {
    const type = typeof value === 'string' ? value : value.type
    if (typeof value === 'object' && value.type === 'AT_TIMESTAMP')
      return { at: 'timestamp', ms: Date.parse(value.timestamp) }
    return { at: type === 'LATEST' ? 'latest' : 'trimHorizon' }
  })

/** Where a shard that has no checkpoint is read from. */
export type InitialPosition =
  | { readonly at: 'trimHorizon' }
  | { readonly at: 'latest' }
  | { readonly at: 'timestamp'; readonly ms: number }

const input = z
  .strictObject({
    initialPosition: initialPosition
      .prefault('TRIM_HORIZON')
      .describe(
        'Where to begin in a shard that nobody has worked on: the oldest record, the newest, or a time.',
      ),
  })
  .prefault({})
  .describe('Reading the raw stream.')

const worker = z
  .strictObject({
    name: name
      .prefault(
        () =>
          hostname()
            .replaceAll(/[^a-zA-Z0-9_.-]/g, '-')
            .slice(0, 100) || 'worker',
      )
      .describe(
        'What this worker is called in the lease table; a random part is added. Default: the host name.',
      ),
    threads: between(0, 256)
      .prefault(() => Math.max(0, availableParallelism() - 1))
      .describe(
        'Threads that enrich. 0: on the main thread. Default: one fewer than there are processors, so 0 on one.',
      ),
    maxBatchBytes: bytes(256 * 1024).describe(
      'A batch ends when it holds this much raw data. Larger batches take more memory and gain little speed.',
    ),
    maxBatchRecords: between(1, 100_000).default(1000).describe('A batch ends at this many records.'),
    maxBufferedBytes: bytes(8 * 1024 * 1024).describe(
      'Raw data that all shards of this worker together may hold in memory.',
    ),
    batchTimeoutMs: duration
      .refine(...atLeast(1000, 'ms'))
      .default(60_000)
      .describe(
        'A thread that works on one batch for longer is replaced, and the record at fault becomes a bad row.',
      ),
    drainMs: duration
      .default(30_000)
      .describe(
        'How long a stopping worker may take to finish what it has read. Then it leaves that to others.',
      ),
  })
  .prefault({})
  .describe('An enrich worker.')

const leases = z
  .strictObject({
    leaseMs: duration
      .refine(...atLeast(500, 'ms'))
      .default(2000)
      .describe(
        'A lease that was not renewed for this long is free to take: how soon the dead are replaced.',
      ),
    renewMs: duration
      .refine(...atLeast(50, 'ms'))
      .optional()
      .describe('Between two renewals. Default: a third of leaseMs.'),
    scanMs: duration
      .refine(...atLeast(50, 'ms'))
      .optional()
      .describe('Between two looks at the lease table. Default: a quarter of leaseMs.'),
    shardSyncMs: duration
      .refine(...atLeast(50, 'ms'))
      .default(2000)
      .describe('Between two looks for new shards. Also done whenever a shard ends.'),
    maxLeases: between(1, 10_000).default(10_000).describe('Shards that one worker takes at most.'),
  })
  .refine(({ leaseMs, renewMs }) => renewMs === undefined || renewMs <= leaseMs / 2, {
    path: ['renewMs'],
    error: 'expected at most half of leaseMs, or one lost renewal loses the lease',
  })
  .transform(({ leaseMs, renewMs = Math.round(leaseMs / 3), scanMs, ...others }) => ({
    leaseMs,
    renewMs,
    scanMs: scanMs ?? Math.round(leaseMs / 4),
    ...others,
  }))
  .prefault({})
  .describe('Who works on which shard.')

const enrich = z
  .strictObject({
    compatibility: z
      .enum(['3.9', '4.2'])
      .default('3.9')
      .describe(
        'Whom to follow where Snowplow Enrich 3.9 and 4.2 differ, such as the type of some bad rows.',
      ),
    acceptInvalid: yesOrNo
      .default(false)
      .describe('Events whose columns are longer than the atomic schema allows stay good.'),
    tryBase64Decoding: yesOrNo
      .default(false)
      .describe('A raw record that is no Thrift is decoded as base64 and tried once more.'),
    atomicFieldsLimits: z
      .record(z.string(), between(1, 10_000_000))
      .default({})
      .describe(
        'Longest text of a column in UTF-16 units, by column name, where it shall differ from the schema.',
      ),
    maxJsonDepth: between(1, 1000)
      .default(40)
      .describe('Contexts and self-describing events that nest deeper are refused.'),
    maxRecordBytes: bytes(1024 * 1024).describe(
      'Largest output record with its partition key; a larger one becomes a size_violation.',
    ),
    partitionKey: z
      .string()
      .min(1)
      .optional()
      .describe('Column that distributes enriched events over shards. Default: derived from the raw record.'),
  })
  .prefault({})
  .describe('From raw records to events.')

const http = z
  .strictObject({
    enabled: yesOrNo.default(true).describe('Serve /metrics, /health and /ready.'),
    host: z.string().min(1).default('127.0.0.1').describe('Address to listen on. 0.0.0.0: every one.'),
    port: port.default(8000).describe('Port to listen on. 0: any that is free, as also when 8000 is taken.'),
  })
  .prefault({})
  .describe('Metrics and health over HTTP.')

const monitoring = z
  .strictObject({
    http,
    logLevel: z
      .enum(['debug', 'info', 'warn', 'error', 'silent'])
      .default('info')
      .describe('`info`: decisions and problems. `debug`: every batch too.'),
    unhealthyAfterMs: duration
      .refine(...atLeast(1000, 'ms'))
      .default(120_000)
      .describe('/health fails when a batch that was read is not committed for this long.'),
  })
  .prefault({})
  .describe('What the program tells about itself.')

const path = z.string().regex(/^\/[^/]+\/[^/]+$/, 'expected /vendor/version')

// What does not fit into a header would fail every answer, when the record is already written.
const headerText = z.string().regex(/^[\t\x20-\x7e]+$/, 'expected printable ASCII, as headers have')
const token = z
  .string()
  .regex(/^[\w!#$%&'*+.^`|~-]+$/, 'expected a name without spaces, commas, semicolons and the like')
const domain = z
  .string()
  .regex(/^[a-zA-Z0-9.-]+$/, 'expected a host name such as acme.com, an international one in its xn-- form')

const regularExpression = z.string().min(1).refine(isRegularExpression, 'expected a regular expression')

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(`^(?:${text})$`) instanceof RegExp
  } catch {
    return false
  }
}

const cookie = z
  .strictObject({
    enabled: yesOrNo.default(true).describe('Give each browser a network user id in a cookie.'),
    name: token.default('sp').describe('Name of the cookie.'),
    expirationMs: duration.default(365 * 86_400_000).describe('How long the cookie lasts.'),
    domains: z
      .array(domain)
      .default([])
      .describe(
        'The first that the Origin of the request equals or is below of becomes the Domain of the cookie.',
      ),
    fallbackDomain: domain
      .nullable()
      .default(null)
      .describe("Domain when none of `domains` matches. null: the collector's own host."),
    secure: yesOrNo.default(true).describe('Sent over HTTPS only.'),
    httpOnly: yesOrNo.default(true).describe('Not to be read by scripts.'),
    sameSite: z.enum(['None', 'Lax', 'Strict']).default('None').describe('SameSite attribute.'),
  })
  .prefault({})
  .describe('The network user id.')

const cors = z
  .strictObject({
    maxAgeSeconds: between(-1, 86_400)
      .default(3600)
      .describe('How long a browser may remember a preflight. -1: not at all.'),
    allowedHeaders: z
      .array(token)
      .default(['Content-Type', 'SP-Anonymous'])
      .describe('Request headers that a page may send.'),
  })
  .prefault({})
  .describe('What pages of other sites may do.')

const collector = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1').describe('Address to listen on. 0.0.0.0: every one.'),
    port: port.default(9090).describe('Port to listen on. 0: any that is free.'),
    paths: z
      .record(path, path)
      .default({})
      .describe('From a path of your own, /vendor/version, to the one that is recorded.'),
    cookie,
    doNotTrackCookie: z
      .strictObject({ name: token, value: regularExpression })
      .nullable()
      .default(null)
      .describe(
        'A visitor whose cookie `name` matches the whole expression `value` is answered, not recorded.',
      ),
    cors,
    redirectDomains: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Hosts that /r/… may send a visitor to; *.acme.com: every host below acme.com. Empty: no redirects.',
      ),
    p3p: headerText.nullable().default(null).describe('Value of the P3P header. null: none is sent.'),
    trustedProxies: z
      .union([z.literal('all'), between(0, 100)], 'expected a whole number from 0 to 100, or "all"')
      .default('all')
      .describe(
        'How many proxies in front append to X-Forwarded-For; the visitor is the address before them. `all`: the first address counts, as in Snowplow, and anyone can forge it.',
      ),
    partitionKey: z
      .enum(['random', 'ipAddress', 'networkUserId'])
      .default('random')
      .describe('What spreads the records over the shards.'),
    maxRecordBytes: size
      .refine(...atLeast(1024, 'bytes'))
      .nullable()
      .default(null)
      .describe('Largest record with its partition key. null: what the stream takes.'),
    // Trackers send 40 kB at a time; 8 MiB is what the Snowplow collector's HTTP server takes.
    maxBodyBytes: bytes(8 * 1024 * 1024).describe('A longer body is refused while it arrives.'),
    // Trackers keep a GET below 32 KiB or so; cookies and proxies add theirs.
    maxHeaderBytes: bytes(64 * 1024).describe('Request line and headers: a GET carries its event there.'),
    maxBytesInFlight: bytes(64 * 1024 * 1024).describe('Of requests not yet answered. Beyond it: 503.'),
    maxConnections: between(1, 1_000_000).default(20_000).describe('Open connections.'),
    maxBatchBytes: bytes(4 * 1024 * 1024).describe('Most that one call to the stream carries.'),
    // Kinesis refuses more than 500 records per PutRecords call.
    maxBatchRecords: between(1, 10_000)
      .default(500)
      .describe('Most records that one call to the stream carries.'),
    maxConcurrentPuts: between(1, 100).default(4).describe('Calls to the stream at the same time.'),
    putTimeoutMs: duration
      .refine(...atLeast(100, 'ms'))
      .default(10_000)
      .describe(
        'A request whose record is not durable by then is answered 503, which a tracker sends again.',
      ),
    retryAfterSeconds: between(0, 3600).default(5).describe('What a 503 asks the tracker to wait.'),
    headersTimeoutMs: duration.default(10_000).describe('How long the headers of a request may take.'),
    requestTimeoutMs: duration.default(30_000).describe('How long a whole request may take.'),
    // Longer than the 60 s of an AWS load balancer: the side that closes first must not be the one that is sent to.
    keepAliveTimeoutMs: duration
      .default(75_000)
      .describe('How long an idle connection stays open; longer than that of the balancer in front.'),
    preTerminationMs: duration
      .default(0)
      .describe('Before a stop: requests are served, /health says 503 so that a balancer looks away.'),
    terminationDeadlineMs: duration.default(10_000).describe('How long a stop waits for requests under way.'),
  })
  .prefault({})
  .describe('The HTTP collector.')

const where = (what: string) => z.string().min(1).optional().describe(what)

export const configSchema = z.strictObject({
  backend: z.enum(['embedded']).default('embedded').describe('What keeps streams and leases.'),
  application: name
    .default('millrace')
    .describe(
      'Workers of one application share the work on a stream; another application reads it all again.',
    ),
  embedded,
  streams,
  input,
  worker,
  leases,
  enrich,
  collector,
  monitoring,
  igluConfig: where('Iglu resolver configuration: a path or base64. The flag --iglu-config overrides it.'),
  enrichments: where(
    'Directory of enrichment configurations, or base64. The flag --enrichments overrides it.',
  ),
})

/** All configuration, complete and checked. */
export type Config = z.output<typeof configSchema>
/** Configuration as a person may write it. */
export type ConfigInput = z.input<typeof configSchema>

/** What an empty file means. */
export const configDefaults: Config = configSchema.parse({})
