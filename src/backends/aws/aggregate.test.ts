import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import fc from 'fast-check'
import { hashKeyOf } from '../../streams/index.ts'
import { hashKeyOfUserRecord, readAggregate, type UserRecord } from './aggregate.ts'

interface OtherRecord {
  readonly partitionKey: string
  readonly explicitHashKey?: string
  readonly data: Buffer
}

/** Another implementation, by AWS. */
interface Oracle {
  aggregate(
    records: readonly OtherRecord[],
    encoded: (record: { data: Buffer }, done: () => void) => void,
    after: () => void,
    failed: (error: Error) => void,
  ): void
  deaggregateSync(
    record: { data: string; sequenceNumber: string },
    computeChecksums: boolean,
    done: (error: Error | undefined, records?: { partitionKey: string; data: string }[]) => void,
  ): void
}
const oracle: Oracle = createRequire(import.meta.url)('aws-kinesis-agg')

/** What AWS's own library makes of these records: one aggregate or several. */
async function aggregate(records: readonly OtherRecord[]): Promise<Buffer[]> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer[]>()
  const made: Buffer[] = []
  const take = (record: { data: Buffer }, done: () => void) => {
    made.push(Buffer.from(record.data))
    done()
  }
  oracle.aggregate(records, take, () => resolve(made), reject)
  return await promise
}

function deaggregate(record: Buffer): { partitionKey: string; data: string }[] {
  let found: { partitionKey: string; data: string }[] = []
  const given = { data: record.toString('base64'), sequenceNumber: '1' }
  oracle.deaggregateSync(given, true, (error, records) => {
    if (error) throw error
    found = records ?? []
  })
  return found
}

// That library mixes its tables up when a key looks like an array index.
const key = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,19}$/)
const hashKey = fc.bigInt({ min: 2n ** 32n, max: 2n ** 128n - 1n }).map(String)
const userRecord = fc.record(
  {
    partitionKey: key,
    explicitHashKey: hashKey,
    data: fc.uint8Array({ minLength: 1, maxLength: 300 }).map(bytes => Buffer.from(bytes)),
  },
  { requiredKeys: ['partitionKey', 'data'], noNullPrototype: true },
)

function plain({ partitionKey, explicitHashKey, data }: UserRecord) {
  return { partitionKey, explicitHashKey, data: Buffer.from(data).toString('hex') }
}

test("what AWS's library aggregates comes back, in order, with keys and hash keys", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(userRecord, { minLength: 1, maxLength: 30 }), async records => {
      const read = (await aggregate(records)).flatMap(made => readAggregate(made) ?? assert.fail())
      assert.deepEqual(read.map(plain), records.map(plain))
    }),
  )
})

test("AWS's library finds the same in what it reads", async () => {
  const records = Array.from({ length: 300 }, (_, i) => ({
    partitionKey: `user-${i % 200}`,
    data: Buffer.from(`record ${i} ${'x'.repeat(i)}`),
  }))
  for (const made of await aggregate(records)) {
    const ours = readAggregate(made) ?? assert.fail()
    const theirs = deaggregate(made)
    assert.deepEqual(
      ours.map(({ partitionKey, data }) => ({ partitionKey, data: Buffer.from(data).toString('base64') })),
      theirs.map(({ partitionKey, data }) => ({ partitionKey, data })),
    )
  }
})

test('an aggregate with one byte changed, left out or added is one plain record', async () => {
  const [made = Buffer.alloc(0)] = await aggregate([
    { partitionKey: 'a', data: Buffer.from('one') },
    { partitionKey: 'b', explicitHashKey: '17', data: Buffer.from('two') },
  ])
  fc.assert(
    fc.property(fc.nat(made.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = Buffer.from(made)
      changed[at] = (changed[at] ?? 0) ^ change
      assert.equal(readAggregate(changed), undefined)
      assert.equal(readAggregate(Buffer.concat([made.subarray(0, at), made.subarray(at + 1)])), undefined)
      const added = [made.subarray(0, at), Buffer.from([change]), made.subarray(at)]
      const grown = Buffer.concat(added)
      if (!grown.subarray(0, -16).equals(made.subarray(0, -16))) assert.equal(readAggregate(grown), undefined)
    }),
  )
  for (let length = 0; length < made.length; length++) {
    assert.equal(readAggregate(made.subarray(0, length)), undefined)
  }
})

function sealed(message: Uint8Array): Buffer {
  const magic = Buffer.from('f3899ac2', 'hex')
  return Buffer.concat([magic, message, hash('md5', message, 'buffer')])
}

test('whatever has a right checksum and wrong contents is one plain record, and takes no time', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), message => {
      readAggregate(sealed(message))
    }),
    { numRuns: 5000 },
  )
  const wrong = {
    'an index outside its table': [0x1a, 4, 0x08, 9, 0x1a, 0],
    'no data': [0x0a, 1, 0x61, 0x1a, 2, 0x08, 0],
    'no key': [0x1a, 2, 0x1a, 0],
    'a length beyond the end': [0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f],
    'a number without an end': [0x08, ...Array<number>(12).fill(0xff)],
    'a group': [0x0b, 0x0c],
    'a key that is a number': [0x08, 1],
  }
  for (const [name, message] of Object.entries(wrong)) {
    assert.equal(readAggregate(sealed(Buffer.from(message))), undefined, name)
  }
})

test('fields that it does not know are passed over', () => {
  const record = [0x08, 0, 0x1a, 2, 0x68, 0x69, 0x22, 3, 0x0a, 1, 0x74]
  const message = [
    0x0a,
    1,
    0x61,
    0x49,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    0x4d,
    1,
    2,
    3,
    4,
    0x50,
    7,
    0x1a,
    record.length,
  ]
  const [read] = readAggregate(sealed(Buffer.from([...message, ...record]))) ?? []
  assert.deepEqual(read && plain(read), {
    partitionKey: 'a',
    explicitHashKey: undefined,
    data: Buffer.from('hi').toString('hex'),
  })
})

test('the explicit hash key routes a user record, otherwise its partition key does', () => {
  const data = new Uint8Array()
  assert.equal(hashKeyOfUserRecord({ partitionKey: 'a', explicitHashKey: '17', data }), 17n)
  assert.equal(hashKeyOfUserRecord({ partitionKey: 'a', data }), hashKeyOf('a'))
  assert.equal(hashKeyOfUserRecord({ partitionKey: 'a', explicitHashKey: 'x', data }), hashKeyOf('a'))
})
