import assert from 'node:assert/strict'
import { after } from 'node:test'
import { startAwsLocal, startFaultProxy, type Struck } from '../../src/aws-local/index.ts'
import { openAws } from '../../src/backends/aws/index.ts'
import type { Backend } from '../../src/backends/index.ts'
import { openMemory } from '../../src/backends/memory/index.ts'
import { testReadBack, type OpenBackend } from '../read-back.ts'

// Throttling, partial puts, lost requests, lost replies and late ones, at the limits of the real Kinesis.

const chances = {
  delay: 0.05,
  throttle: 0.05,
  error: 0.03,
  'drop-request': 0.02,
  'drop-reply': 0.03,
  'error-reply': 0.02,
  partial: 0.1,
  late: 0.02,
}
// As X-Amz-Target names them: with the version of the service before the dot.
const strikes = (operation: string) =>
  /\.(PutRecords|GetRecords|GetShardIterator|ListShards)$/.test(operation)
let struck = 0
const onFault = ({ fault }: Struck) => {
  if (fault.kind !== 'none') struck++
}
after(() => assert.ok(struck > 0, 'the network was faulty'))

async function open(): Promise<OpenBackend> {
  const double = await startAwsLocal({ visibleAfterMs: 100 })
  const { endpoint } = double
  const network = await startFaultProxy({ endpoint, seed: 1, chances, mostMs: 300, strikes, onFault })
  const leases = openMemory()
  const connect = (endpoint: string) =>
    openAws({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      leaseStore: consumer => leases.leaseStore(consumer),
      pollMs: 20,
      putTimeoutMs: 600,
      idleMs: 250,
    })
  const [calm, faulty] = [connect(endpoint), connect(network.endpoint)]
  // A producer puts again what it is not sure of: its copies are copies of the input.
  const backend: Backend = {
    createStream: (stream, options) => calm.createStream(stream, options),
    listShards: stream => faulty.listShards(stream),
    splitShard: (stream, shardId, at) => calm.splitShard(stream, shardId, at),
    mergeShards: (stream, shardId, adjacent) => calm.mergeShards(stream, shardId, adjacent),
    producer: stream => calm.producer(stream),
    source: stream => faulty.source(stream),
    leaseStore: consumer => faulty.leaseStore(consumer),
    sink: options => faulty.sink(options),
    serverDate: faulty.serverDate,
    close: () => faulty.close(),
  }
  const close = async () => {
    for (const part of [faulty, calm, network, double]) await part.close()
  }
  return { backend, close }
}

testReadBack('aws-local behind a faulty network', open, {
  leaseMs: 3000,
  dateMarginMs: 2000,
  putTimeoutMs: 600,
  settleMs: 1500,
  visibleMs: 600,
})
