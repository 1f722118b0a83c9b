import { z } from 'zod'
import { atLeast, between, duration } from './field-types.ts'

/** `enrich.yauaa` */
export const yauaa = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'expected an http or https URL' })
      .describe('Where its pages begin, such as `http://localhost:8080`.'),
    timeoutMs: duration
      .refine(...atLeast(10, 'ms'))
      .default(2000)
      .describe('How long one call may take, connecting included. Default: 2 s.'),
    maxConnections: between(1, 1000).default(32).describe('Connections to it, per thread. Default: 32.'),
  })
  .optional()
  .describe(
    "Yauaa's own web service, which the Yauaa enrichment asks. Absent: an enabled configuration of that enrichment is refused.",
  )
