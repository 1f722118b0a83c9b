import { z } from 'zod'
import { atLeast, between, bytes, duration, port, size, yesOrNo } from './field-types.ts'

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

const tls = z
  .strictObject({
    certificate: z.string().min(1).describe('PEM file: the certificate, and those between it and its root.'),
    privateKey: z.string().min(1).describe('PEM file: its key, without a password.'),
  })
  .nullable()
  .default(null)
  .describe('Speak HTTPS on this port. The files are read at the start. null: plain HTTP.')

const cookieBounce = z
  .strictObject({
    enabled: yesOrNo
      .default(false)
      .describe(
        'Send a browser without a network user id back to the same address once, to learn whether it keeps cookies.',
      ),
    name: token.default('n3pc').describe('Parameter that marks the second request.'),
    fallbackNetworkUserId: z
      .guid('expected a UUID')
      .default('00000000-0000-4000-a000-000000000000')
      .describe('Network user id of everybody who keeps no cookies.'),
  })
  .prefault({})
  .describe('GET requests only; no redirects.')

const redirectMacro = z
  .strictObject({
    enabled: yesOrNo
      .default(false)
      .describe("Put the visitor's network user id into the address of a redirect."),
    placeholder: z.string().min(1).default('${SP_NUID}').describe('What it takes the place of.'),
  })
  .prefault({})
  .describe('For partners who are to know the visitor by the same id.')

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

/** The HTTP endpoint, its limits included. */
export const collector = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1').describe('Address to listen on. 0.0.0.0: every one.'),
    port: port.default(9090).describe('Port to listen on. 0: any that is free.'),
    tls,
    paths: z
      .record(path, path)
      .default({})
      .describe('From a path of your own, /vendor/version, to the one that is recorded.'),
    cookie,
    cookieBounce,
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
    redirectMacro,
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
