import { z } from 'zod'
import { atLeast, between, duration, yesOrNo } from './field-types.ts'

/* Services of whoever runs this, which are asked about events. */

const hook = (ignoreOnError: boolean) => ({
  url: z
    .url({ protocol: /^https?$/, error: 'expected an http or https URL' })
    .describe('Where questions are posted. It may hold a name and a password.'),
  timeoutMs: duration
    .refine(...atLeast(10, 'ms'))
    .default(2000)
    .describe('How long one call may take, connecting included. Default: 2 s.'),
  maxConnections: between(1, 1000).default(32).describe('Connections to it, per thread. Default: 32.'),
  cacheSize: between(0, 100_000)
    .default(10_000)
    .describe('Answers that each thread keeps. 0: none. Default: 10000.'),
  cacheTtlMs: duration
    .refine(...atLeast(0, 'ms'))
    .default(60_000)
    .describe('How long an answer is good; an error a tenth of it. Default: 1 m.'),
  ignoreOnError: yesOrNo
    .default(ignoreOnError)
    .describe(`Events about which there is no answer stay good. Default: ${ignoreOnError}.`),
})

const told = [
  'app_id',
  'platform',
  'event_vendor',
  'event_name',
  'event_format',
  'event_version',
  'contexts',
  'unstruct_event',
]

const known = ['user_id', 'domain_userid', 'network_userid']

const identifier = z.strictObject({
  key: z.string().regex(/^[\w-]{1,128}$/, 'expected 1 to 128 characters of a-z A-Z 0-9 _ -'),
  pojo: z.strictObject({ field: z.string().min(1) }).optional(),
  json: z
    .strictObject({
      field: z.enum(['unstruct_event', 'contexts', 'derived_contexts']),
      schemaCriterion: z.string().min(1),
      jsonPath: z.string().min(1),
    })
    .optional(),
})

/** `enrich.hooks` */
export const hooks = z
  .strictObject({
    eventSpecification: z
      .strictObject({
        ...hook(true),
        columns: z
          .array(z.string().min(1))
          .min(1)
          .default(told)
          .describe(`What is told of an event. Default: ${told.join(', ')}.`),
      })
      .optional()
      .describe('Says which event specifications an event meets, or fails to. Absent: nobody is asked.'),
    identity: z
      .strictObject({
        ...hook(false),
        identifiers: z
          .array(identifier)
          .min(1)
          .default(known.map(field => ({ key: field, pojo: { field } })))
          .describe(
            `What is told of a user: a list of \`{ key, pojo | json }\`, as the inputs of an API request. Default: ${known.join(', ')}.`,
          ),
      })
      .optional()
      .describe('Says whose event it is. Absent: nobody is asked.'),
  })
  .prefault({})
  .describe('Services of yours that are asked about events; what they answer becomes derived contexts.')
