import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoClient, findLeaseTable, openLeaseTable, warnOfCapacity } from '../../src/backends/aws/index.ts'
import { TestDynamo, type TestNetwork } from './dynamo.ts'

describe('the lease table', () => {
  let dynamo: TestDynamo
  let network: TestNetwork
  let client: DynamoClient
  let admin: DynamoDBClient
  before(async () => {
    dynamo = await TestDynamo.start()
    network = await dynamo.network()
    client = new DynamoClient({ endpoint: network.endpoint, timeoutMs: 5000 })
    admin = new DynamoDBClient({ endpoint: network.endpoint })
  })
  after(async () => {
    client.close()
    admin.destroy()
    await dynamo.stop()
  })

  const create = (name: string, range?: string, writes?: number) =>
    admin.send(
      new CreateTableCommand({
        TableName: name,
        KeySchema: [
          { AttributeName: 'leaseKey', KeyType: 'HASH' },
          ...(range === undefined ? [] : [{ AttributeName: range, KeyType: 'RANGE' as const }]),
        ],
        AttributeDefinitions: ['leaseKey', ...(range === undefined ? [] : [range])].map(AttributeName => ({
          AttributeName,
          AttributeType: 'S',
        })),
        ...(writes === undefined
          ? { BillingMode: 'PAY_PER_REQUEST' }
          : { ProvisionedThroughput: { ReadCapacityUnits: writes, WriteCapacityUnits: writes } }),
      }),
    )

  test('is made on demand and tagged, and can be used when it is there', async () => {
    const made = await openLeaseTable(client, 'fresh', { tags: { team: 'data' }, pollMs: 10 })
    assert.deepEqual(made, { result: 'created' })
    // The double forgets the tags.
    const { Tags, BillingMode } =
      network.requests.find(({ operation }) => operation === 'CreateTable')?.body ?? {}
    const tags = [
      { Key: 'application', Value: 'millrace' },
      { Key: 'team', Value: 'data' },
    ]
    assert.deepEqual([BillingMode, Tags], ['PAY_PER_REQUEST', tags])
    assert.deepEqual(await openLeaseTable(client, 'fresh'), { result: 'found' })
  })

  test('is made once when many start at once', async () => {
    const results = await Promise.all(
      Array.from({ length: 8 }, () => openLeaseTable(client, 'raced', { pollMs: 10 })),
    )
    assert.equal(results.length, 8)
    assert.deepEqual(await findLeaseTable(client, 'raced'), { result: 'found' })
  })

  test('with another key is refused', async () => {
    await create('sorted', 'kind')
    await assert.rejects(openLeaseTable(client, 'sorted', { pollMs: 10 }), {
      retryable: false,
      message: /its key is leaseKey \(HASH, S\) and kind \(RANGE, S\), and a lease table's is leaseKey/,
    })
  })

  test('that is not there is not made for somebody who only looks', async () => {
    await assert.rejects(findLeaseTable(client, 'absent'), { message: /there is no DynamoDB table absent/ })
    await assert.rejects(findLeaseTable(client, 'absent'), { retryable: false })
  })

  test('that cannot be made says which permission is missing', async () => {
    network.fate = name => (name === 'CreateTable' ? { status: 400, type: 'AccessDeniedException' } : 'pass')
    await assert.rejects(openLeaseTable(client, 'forbidden'), {
      retryable: false,
      message: /allow dynamodb:CreateTable and dynamodb:TagResource on the table forbidden/,
    })
    network.fate = () => 'pass'
  })

  test('with too few write units is named as the trap it is', async () => {
    await create('small', undefined, 1)
    const { writesPerSecond } = await openLeaseTable(client, 'small', { pollMs: 10 })
    assert.equal(writesPerSecond, 1)
    const warning = warnOfCapacity('small', writesPerSecond, { shards: 4, renewMs: 3333 })
    assert.match(
      warning ?? '',
      /provisioned with 1 writes per second, and 4 shards need 3: .*PAY_PER_REQUEST/,
    )
    assert.equal(warnOfCapacity('small', 3, { shards: 4, renewMs: 3333 }), undefined)
    assert.equal(warnOfCapacity('fresh', undefined, { shards: 4000, renewMs: 3333 }), undefined)
  })
})
