import { ReaderMemory } from '../src/delivery/index.ts'

// One output shard at Kinesis' limit: 1,000 records a second for ten minutes.
const keys = 600_000
const rounds = 5

/** What the reader's rule costs: records per second of processor time, and memory with a full window. */
export async function benchDedupe(): Promise<object> {
  const rates: number[] = []
  let size = { keys: 0, bytes: 0 }
  for (let round = 0; round < rounds; round++) {
    const memory = new ReaderMemory()
    const before = process.cpuUsage()
    for (let n = 0; n < keys; n++) memory.isCopy('shardId-000000000000', record(n))
    const { user, system } = process.cpuUsage(before)
    rates.push(keys / ((user + system) / 1e6))
    size = memory.size
  }
  const recordsPerSecond = Math.round(rates.toSorted((a, b) => a - b)[rounds >> 1] ?? 0)
  return { recordsPerSecond, keys: size.keys, bytes: size.bytes, bytesPerKey: size.bytes / size.keys }
}

function record(n: number) {
  const sequence = `49590338271490256608559692538361571095${921575989136588 + n}`
  const provenance = { application: 'millrace', stream: 'raw', shardId: 'shardId-000000000012', sequence }
  return { arrivedAt: n, provenance: { ...provenance, subSequence: 0, index: 0, output: 0, epoch: 7 } }
}
