import { testLeaseStore } from '../../src/leases/store.contract.ts'
import { AwsLeaseStore, DynamoClient, openLeaseTable } from '../../src/backends/aws/index.ts'
import { TestDynamo } from './dynamo.ts'

testLeaseStore('aws', async () => {
  const dynamo = await TestDynamo.start()
  const { endpoint } = dynamo
  const client = new DynamoClient({ endpoint, timeoutMs: 5000 })
  await openLeaseTable(client, 'leases', { pollMs: 20 })
  return {
    open: () => new AwsLeaseStore(client, 'leases'),
    close: async () => {
      client.close()
      await dynamo.stop()
    },
  }
})
