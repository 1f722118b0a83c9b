import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import {
  CloudWatchClient,
  GetMetricStatisticsCommand,
  PutMetricDataCommand,
  type MetricDatum,
} from '@aws-sdk/client-cloudwatch'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { startTest } from './test-client.ts'

async function startMetrics(context: TestContext) {
  const { aws, clock } = await startTest(context)
  const client = new CloudWatchClient({
    endpoint: aws.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  })
  context.after(() => client.destroy())
  const now = clock.now()
  const put = (MetricData: MetricDatum[], Namespace = 'Millrace') =>
    client.send(new PutMetricDataCommand({ Namespace, MetricData }))
  const get = async (MetricName: string, shard?: string) => {
    const command = new GetMetricStatisticsCommand({
      Namespace: 'Millrace',
      MetricName,
      ...(shard === undefined ? {} : { Dimensions: [{ Name: 'shard', Value: shard }] }),
      StartTime: new Date(now - 600_000),
      EndTime: new Date(now + 600_000),
      Period: 60,
      Statistics: ['Sum', 'Average', 'Minimum', 'Maximum', 'SampleCount'],
    })
    const { Datapoints = [] } = await client.send(command)
    return Datapoints.map(({ Timestamp, Sum, Average, Minimum, Maximum, SampleCount }) => ({
      minute: (Number(Timestamp) - now) / 60_000,
      figures: [Sum, Average, Minimum, Maximum, SampleCount],
    })).sort((a, b) => a.minute - b.minute)
  }
  return { put, get, now }
}

test('values are summed up by period', async context => {
  const { put, get, now } = await startMetrics(context)
  const at = (seconds: number) => new Date(now + seconds * 1000)
  await put([
    { MetricName: 'lag', Value: 4, Timestamp: at(0) },
    { MetricName: 'lag', Values: [1, 3], Counts: [2, 1], Timestamp: at(59) },
    {
      MetricName: 'lag',
      StatisticValues: { Sum: 30, SampleCount: 3, Minimum: 5, Maximum: 20 },
      Timestamp: at(60),
    },
  ])
  assert.deepEqual(await get('lag'), [
    { minute: 0, figures: [9, 2.25, 1, 4, 4] },
    { minute: 1, figures: [30, 10, 5, 20, 3] },
  ])
})

test('a metric is its name and exactly its dimensions', async context => {
  const { put, get } = await startMetrics(context)
  await put([
    { MetricName: 'lag', Value: 1 },
    { MetricName: 'lag', Value: 2, Dimensions: [{ Name: 'shard', Value: 'a' }] },
  ])
  assert.deepEqual((await get('lag'))[0]?.figures[0], 1)
  assert.deepEqual((await get('lag', 'a'))[0]?.figures[0], 2)
  assert.deepEqual(await get('lag', 'b'), [])
})

const many = (count: number) => Array.from({ length: count }, (_, i) => ({ MetricName: `m${i}`, Value: i }))

test('a thousand metrics arrive, compressed as the client sends them; one more is refused', async context => {
  const { put, get } = await startMetrics(context)
  await put(many(1000))
  assert.deepEqual((await get('m999'))[0]?.figures[0], 999)
  await assert.rejects(put(many(1001)), { name: /^InvalidParameterValue/ })
})

test('what CloudWatch refuses', async context => {
  const { put, now } = await startMetrics(context)
  await assert.rejects(put([{ MetricName: 'lag', Value: 1 }], 'AWS/Kinesis'), {
    name: /^InvalidParameterValue/,
  })
  await assert.rejects(put([{ MetricName: 'lag' }]), { name: /^InvalidParameterValue/ })
  const old = new Date(now - 15 * 86_400_000)
  await assert.rejects(put([{ MetricName: 'lag', Value: 1, Timestamp: old }]), {
    name: /^InvalidParameterValue/,
  })
})
