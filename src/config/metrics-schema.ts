import { z } from 'zod'
import { atLeast, between, duration } from './field-types.ts'

/* Who is told numbers, beside those who ask for them over HTTP. */

const periodMs = duration
  .refine(...atLeast(1000, 'ms'))
  .default(60_000)
  .describe('Between two reports. Default: one minute.')

const prefix = z
  .string()
  .regex(/^(?:(?![:|@#])[!-~]){0,200}$/, 'expected up to 200 characters of ASCII without spaces and : | @ #')
  .optional()
  .describe('Before every name. Default: `snowplow.enrich`, and `snowplow.collector` for the collector.')

const tagsBytes = 900

// A line of StatsD ends its parts with these.
const tagName = z.string().regex(/^[^\s:|,@#]{1,100}$/, 'expected a name without spaces and : | , @ #')
const tagValue = z
  .union([z.string(), z.number(), z.boolean()], 'expected text')
  .transform(String)
  .refine(text => /^[^\r\n|,]{0,200}$/.test(text), {
    error: 'expected up to 200 characters of one line without | and ,',
  })

const tags = z
  .record(tagName, tagValue)
  .refine(all => Buffer.byteLength(JSON.stringify(all)) <= tagsBytes, {
    error: `expected no more than ${tagsBytes} bytes in all: a metric with its tags must fit into a packet`,
  })
  .default({})
  .describe('Tags of every metric, in the form of DogStatsD; absent: plain StatsD.')

const statsd = z
  .strictObject({
    hostname: z
      .string('expected a host name or an address')
      .regex(/^[^\s/]{1,253}$/, 'expected a host name or an address')
      .describe('Host of the StatsD server.'),
    port: between(1, 65_535).default(8125).describe('Its UDP port. Default: 8125.'),
    tags,
    periodMs,
    prefix,
  })
  .optional()
  .describe('Metrics are sent to a StatsD server over UDP. Absent: nothing is sent anywhere.')

const stdout = z
  .strictObject({ periodMs, prefix })
  .optional()
  .describe('Metrics are written to the log, a line for each, at `info`. Absent: they are not.')

export const metrics = z
  .strictObject({ statsd, stdout })
  .prefault({})
  .describe('Counts per period of what is on /metrics, by the names that Snowplow has for them.')
