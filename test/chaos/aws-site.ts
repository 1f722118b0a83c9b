import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { FaultChances } from '../../src/aws-local/index.ts'
import { AwsLeaseStore, DynamoClient, openAws } from '../../src/backends/aws/index.ts'
import { systemClock } from '../../src/lib/index.ts'
import { pickOf } from './pick.ts'
import { split, merge } from './reshard.ts'
import { streams } from './fleet.ts'
import type { PlannedFault } from './plan.ts'
import type { Act, Site } from './site.ts'
import { Way, type Endpoints, type HeldPut } from './way.ts'

const leaseMs = 6000
const renewMs = 2000
const scanMs = 2000
/** What follows from the lease: a put is reckoned with for so long after it was sent. */
const settleMs = leaseMs / 2
const visibleMs = leaseMs / 5
const batchRecords = 50
/** A late request comes up to twice as late as anybody reckons with. */
const lateMs = 2 * (settleMs + visibleMs)

/** Storms: what becomes of the requests of one process, while it is in one. */
const storms = {
  'throttled-worker': { chances: { throttle: 0.3 } },
  'slow-answers': { chances: { delay: 0.5 }, mostMs: 1500 },
  'dropped-requests': { chances: { 'drop-request': 0.2 } },
  'dropped-replies': { chances: { 'drop-reply': 0.15 } },
  'late-requests': { chances: { late: 0.2 }, mostMs: lateMs },
  'server-errors': { chances: { error: 0.15, 'error-reply': 0.1 } },
  'partial-puts': { chances: { partial: 0.5 } },
} as const satisfies Readonly<Record<string, { chances: FaultChances; mostMs?: number }>>

/** Stand-ins for AWS in a process of their own, and for each process of the pipeline proxies on its way there. */
export async function awsSite(seed: number): Promise<Site> {
  // The SDK signs with something, and nobody checks it.
  process.env['AWS_ACCESS_KEY_ID'] ??= 'local'
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'local'
  const cloud = fork(join(import.meta.dirname, 'cloud.ts'), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [endpoints] = (await once(cloud, 'message')) as [Endpoints]
  const ways = new Map<string, Way>()
  const heldPuts: HeldPut[] = []
  return {
    configuration: `
      backend = aws
      aws.region = us-east-1
      aws.endpoint = \${CHAOS_KINESIS}
      aws.dynamodbEndpoint = \${CHAOS_DYNAMO}
      leases { leaseMs = ${leaseMs}, renewMs = ${renewMs}, scanMs = ${scanMs} }
      worker { threads = 1, maxBatchRecords = ${batchRecords} }
    `,
    leaseMs,
    acts: actsOf(ways, () => open(endpoints)),
    missing: [],
    once: 'after-reader',
    batchRecords,
    aftermathMs: settleMs + 2 * visibleMs,
    heldPuts,
    async environmentOf(name) {
      const options = {
        process: name,
        endpoints,
        longMs: settleMs / 2,
        onHeld: (put: HeldPut) => void heldPuts.push(put),
      }
      const way = await Way.open({ ...options, seed: seed * 1000 + ways.size * 2 })
      ways.set(name, way)
      return { CHAOS_KINESIS: way.kinesis.endpoint, CHAOS_DYNAMO: way.dynamo.endpoint }
    },
    open: () => open(endpoints),
    async calm() {
      for (const way of ways.values()) way.calm()
      await systemClock.sleep(lateMs)
    },
    end() {
      for (const way of ways.values()) way.close()
      cloud.kill('SIGKILL')
    },
  }
}

function open({ kinesis, dynamo }: Endpoints) {
  const region = 'us-east-1'
  return openAws({
    region,
    endpoint: kinesis,
    leaseStore: ({ application }, dates) =>
      new AwsLeaseStore(new DynamoClient({ region, endpoint: dynamo, timeoutMs: 5000, dates }), application),
  })
}

function actsOf(ways: ReadonlyMap<string, Way>, open: Site['open']): Site['acts'] {
  const meet = meeter(ways)
  const storm = (kind: keyof typeof storms): Act =>
    meet(way => {
      const { chances, mostMs }: { chances: FaultChances; mostMs?: number } = storms[kind]
      way.strike(chances, mostMs)
    })
  return {
    'throttled-worker': storm('throttled-worker'),
    'slow-answers': storm('slow-answers'),
    'dropped-requests': storm('dropped-requests'),
    'dropped-replies': storm('dropped-replies'),
    'late-requests': storm('late-requests'),
    'server-errors': storm('server-errors'),
    'partial-puts': storm('partial-puts'),
    'cut-off': meet(way => way.proxies.forEach(proxy => proxy.partition('everybody'))),
    'cut-off-leases': meet(way => way.dynamo.partition('everybody')),
    async 'pause-all'({ forMs }) {
      const proxies = [...ways.values()].flatMap(way => way.proxies)
      for (const proxy of proxies) proxy.pause()
      await systemClock.sleep(forMs)
      for (const proxy of proxies) proxy.resume()
      return ['Kinesis and DynamoDB']
    },
    'split-output': reshardOutput(open, split),
    'merge-output': reshardOutput(open, merge),
  }
}

/** Something that happens to the way of one worker. One storm at a time: each ends with calm. */
function meeter(ways: ReadonlyMap<string, Way>): (act: (way: Way) => void) => Act {
  const struck = new Set<Way>()
  return act =>
    async ({ pick, forMs }: PlannedFault, fleet) => {
      // One that cannot even start ends by itself, as it should.
      const workers = fleet.workers.filter(({ name, ready }) => {
        const way = ways.get(name)
        return ready && way !== undefined && !struck.has(way)
      })
      const name = pickOf(workers, pick)?.name ?? ''
      const way = ways.get(name)
      if (way === undefined) return []
      struck.add(way)
      act(way)
      await systemClock.sleep(forMs)
      way.calm()
      struck.delete(way)
      return [name]
    }
}

function reshardOutput(open: Site['open'], reshard: typeof split): Act {
  return async ({ pick }) => {
    const stream = pick < 0.7 ? streams.good : streams.bad
    const backend = open()
    try {
      const hit = await reshard(backend, stream, pick)
      return hit.map(shardId => `${stream} ${shardId}`)
    } finally {
      await backend.close()
    }
  }
}
