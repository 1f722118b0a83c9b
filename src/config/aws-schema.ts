import { z } from 'zod'
import { atLeast, between, bytes, duration, name, yesOrNo } from './field-types.ts'

const url = (what: string) => z.url('expected a URL such as http://localhost:4566').optional().describe(what)

/** In Snowplow's words. */
const retrievalMode = z
  .union(
    [
      z.enum(['Polling', 'FanOut']),
      z.strictObject({
        type: z.literal('Polling').describe('Polling or FanOut.'),
        maxRecords: between(1, 10_000)
          .optional()
          .describe('Records in one call at most, where it is polled. Default: as many as fit into a batch.'),
      }),
      z.strictObject({ type: z.literal('FanOut').describe('Polling or FanOut.') }),
    ],
    'expected Polling, FanOut, or { type: Polling, maxRecords: 1000 }',
  )
  .transform((value): RetrievalMode => (typeof value === 'string' ? { type: value } : value))

export interface RetrievalMode {
  readonly type: 'Polling' | 'FanOut'
  /** In one call at most; of Polling only. */
  readonly maxRecords?: number | undefined
}

/** The backend on Amazon's services: streams in Kinesis, leases in DynamoDB. */
export const aws = z
  .strictObject({
    region: z
      .string()
      .min(1)
      .optional()
      .describe('Region of streams and tables. Default: what the environment or the profile says.'),
    endpoint: url('Where Kinesis answers, in place of the region’s own address.'),
    dynamodbEndpoint: url('Where DynamoDB answers, in place of the region’s own address.'),
    createStreams: yesOrNo
      .optional()
      .describe(
        'Make streams that are missing, as the configuration has them. Default: only where `endpoint` is on this machine.',
      ),
    leaseTable: name.optional().describe('DynamoDB table of the leases. Default: the application.'),
    retrievalMode: retrievalMode
      .prefault('Polling')
      .describe(
        'How the raw stream is read. `FanOut`: it is pushed, with a throughput of its own, to a consumer that is named as the application.',
      ),
    provenance: z
      .enum(['partitionKey', 'derivedContext', 'none'])
      .default('partitionKey')
      .describe(
        'Where an output record says which input made it. `derivedContext`: in a derived context of good events; bad rows do not say it, and may come twice. `none`: nothing says it, and delivery is at least once.',
      ),
    maxRequestRecords: between(1, 500).default(500).describe('Records in one PutRecords call at most.'),
    maxRequestBytes: bytes(5 * 1024 * 1024).describe(
      'Data and keys in one PutRecords call at most. Kinesis allows 10 MiB, older emulators 5.',
    ),
    putTimeoutMs: duration
      .refine(...atLeast(50, 'ms'))
      .optional()
      .describe('A PutRecords call that has not answered by then is looked for. Default: leaseMs / 5.'),
    settleMs: duration
      .optional()
      .describe(
        'A request that takes effect does so within this time of being sent. Larger: safer, and slower to fail over. Default: leaseMs / 2.',
      ),
    visibleMs: duration
      .optional()
      .describe('An acknowledged record can be read within this time. Default: leaseMs / 5.'),
    dateMarginMs: duration
      .default(10_000)
      .describe('How much earlier than the date in the lease’s row reading back begins.'),
    freshMs: duration
      .default(30_000)
      .describe('What may be there already is looked for again when the last look is older than this.'),
    maxOpenRecords: between(1, 1_000_000)
      .default(20_000)
      .describe('Raw records beyond the checkpoint in the lease’s row whose output may have been sent.'),
  })
  .prefault({})
  .describe('The aws backend: streams in Kinesis, leases in DynamoDB.')
