import { availableParallelism, hostname } from 'node:os'
import { z } from 'zod'
import { adapterFields } from './adapters-schema.ts'
import { aws } from './aws-schema.ts'
import { collector } from './collector-schema.ts'
import { hooks } from './hooks-schema.ts'
import { lifecycle } from './lifecycle-schema.ts'
import { atLeast, between, bytes, duration, name, port, size, yesOrNo } from './field-types.ts'
import { metrics } from './metrics-schema.ts'
import { yauaa } from './yauaa-schema.ts'

/*
 * All configuration, in one place. What is not described here is refused. Every field has a default, so that an empty
 * file is a working configuration. The reference in the documentation is made from these descriptions.
 */

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
        'What is left of bad events, with their failures, in the format of enriched ones and beside their bad rows. Absent: not written.',
      ),
    pii: z
      .strictObject({
        name: name.default('pii').describe('Name of the stream.'),
        shards: shards.default(1).describe('Shards the stream gets when it is created.'),
      })
      .optional()
      .describe(
        'Events that tell which personal data pseudonyms have replaced, where the enrichment has emitEvent. Absent: not written.',
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
      .describe(
        'Between two looks at the lease table. Default: a quarter of leaseMs. On aws each worker also glances at one attribute of it every sixth of this time, to hear of what was let go or asked for.',
      ),
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

const where = (what: string) => z.string().min(1).optional().describe(what)

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
    legacyEnrichmentOrder: yesOrNo
      .default(false)
      .describe(
        'Currency, IP lookups, what needs those, and weather come after scripts, as `legacyEnrichmentOrder` of Enrich 3.x has it.',
      ),
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
    ...adapterFields,
    yauaa,
    hooks,
    partitionKey: z
      .string()
      .min(1)
      .optional()
      .describe('Column that distributes enriched events over shards. Default: derived from the raw record.'),
    assetsUpdatePeriodMs: duration
      .refine(...atLeast(0, 'ms'))
      .default(3_600_000)
      .describe('How often enrichments look for newer versions of their files. 0: never.'),
    assetsDirectory: where(
      'Directory that keeps the last good version of each file of an enrichment, so that a start survives an outage of where they come from.',
    ),
    assetTimeoutMs: duration
      .refine(...atLeast(100, 'ms'))
      .default(60_000)
      .describe('How long it may take to fetch one file of an enrichment.'),
    maxAssetBytes: bytes(1024 * 1024 * 1024).describe(
      'Largest file of an enrichment; a larger one is refused.',
    ),
    scripts: z
      .strictObject({
        engine: z
          .enum(['quickjs', 'isolated-vm'])
          .default('quickjs')
          .describe(
            'What runs JavaScript enrichments: an interpreter that is always there and has no way out, or V8, which is faster and must be installable.',
          ),
        timeoutMs: duration
          .refine(...atLeast(20, 'ms'))
          .default(500)
          .describe(
            'A script that works on one event for longer is stopped, and the event becomes a bad row.',
          ),
        memoryBytes: size
          .refine(...atLeast(8 * 1024 * 1024, 'bytes'))
          .default(64 * 1024 * 1024)
          .describe('Memory that one script may have in each thread.'),
      })
      .prefault({})
      .describe('JavaScript enrichments.'),
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
    metrics,
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

export const configSchema = z.strictObject({
  backend: z
    .enum(['embedded', 'aws'])
    .default('embedded')
    .describe('What keeps streams and leases: files on this machine, or Kinesis and DynamoDB.'),
  application: name
    .default('millrace')
    .describe(
      'Workers of one application share the work on a stream; another application reads it all again.',
    ),
  embedded,
  aws,
  streams,
  input,
  worker,
  lifecycle,
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
