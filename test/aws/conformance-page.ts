import type { Case } from './case.ts'
import { groups } from './cases/index.ts'

const emulators = ['double', 'kinesis-local', 'kinesalite'] as const

/** docs/aws-conformance.md: what the suite holds each target to. */
export function conformancePage(): string {
  return [introduction, ...groups.map(([title, cases]) => section(title, cases)), ''].join('\n')
}

const introduction = `# AWS on one machine, and how true it is

<!-- Written by \`npm run docs\` from test/aws/cases. Do not edit. -->

\`src/aws-local\` is Kinesis on loopback, for tests and for trying things out. This page is what
\`test/aws/conformance.test.ts\` holds it to, with the client that AWS publishes, and two other emulators beside it:
kinesis-local 0.6.2 and kinesalite 3.3.3. A cell says what the test sees; \`=\` is what AWS documents, \`–\` is what
cannot be tried, as no time can be made to pass there. The test fails when a cell is wrong.

\`\`\`ts
const aws = await startAwsLocal({ limits: 'real', visibleAfterMs: 200, listLagMs: 1_000, transitionMs: 5_000 })
const proxy = await startFaultProxy({ endpoint: aws.endpoint, seed: 7, chances: { 'drop-reply': 0.01, partial: 0.05 } })
const client = new KinesisClient({ endpoint: proxy.endpoint, requestHandler: new NodeHttpHandler(), ... })
\`\`\`

- Time is a \`Clock\` that may be handed in: retention, iterators, subscriptions and limits follow it.
- Limits are those of AWS, \`'none'\`, or AWS's but for some. None of the other emulators has any.
- The proxy delays, throttles, refuses, drops requests or answers, lets single entries of a PutRecords fail, serves late,
  cuts one caller off, and pauses. What happens to a request follows from the seed and its number.
- CloudWatch (PutMetricData, GetMetricStatistics) and S3 (objects, conditional writes, ranges, listings in pages, uploads in
  parts) answer on the same port; their tests stand beside them.

What it does not do: check signatures, speak HTTP/2 or CBOR, encrypt, scale a stream on demand by itself, count the ten
changes of shards a day or the five streams in CREATING, or conflict with itself (S3's 409).

- A shard is written by its number, a closed one in brackets, its parents behind \`<\`: \`(0) 1<0 2<0\` is one split.
- (?) AWS does not say it in so many words. \`MILLRACE_TEST_AWS_REGION=eu-central-1 npm test -- test/aws/conformance.test.ts\`
  asks a real account; it makes some eighty streams there, for moments, and deletes them.
`

function section(title: string, cases: readonly Case[]): string {
  const head = `## ${title}\n\n| | AWS | ${emulators.join(' | ')} |\n|---|---|---|---|---|\n`
  return `${head}${cases.map(row).join('\n')}\n`
}

function row({ name, aws, unsure, differs = {}, needs }: Case): string {
  const cells = emulators.map(emulator => {
    if (needs === 'clock' && emulator !== 'double') return '–'
    return differs[emulator] ?? '='
  })
  return `| ${[name, unsure === true ? `${aws} (?)` : aws, ...cells].join(' | ')} |`
}
