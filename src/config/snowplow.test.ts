import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, loadConfig } from './index.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

function load(text: string) {
  const warnings: string[] = []
  const onWarning = (warning: string) => warnings.push(warning.replace(/^.*?: /, ''))
  const config = loadConfig({ config: base64(text), environment: { STREAM: 'collector-good' }, onWarning })
  return { config, warnings }
}

test('a configuration of Snowplow Enrich 3.9 is read as it is', () => {
  const { config, warnings } = load(`{
    "input": {
      "type": "Kinesis"
      "appName": "snowplow-enrich-kinesis"
      "streamName": \${STREAM}
      "region": "eu-central-1"
      "initialPosition": { "type": "AT_TIMESTAMP", "timestamp": "2026-01-31T12:00:00Z" }
      "retrievalMode": { "type": "Polling", "maxRecords": 10000 }
      "bufferSize": 3
      "checkpointBackoff": { "minBackoff": 100 milliseconds, "maxBackoff": 10 seconds, "maxRetries": 10 }
      "customEndpoint": "http://localhost:4566"
      "dynamodbCustomEndpoint": "http://localhost:4567"
    }
    "output": {
      "good": {
        "type": "Kinesis", "streamName": "enriched", "partitionKey": "user_id", "recordLimit": 250,
        "throttledBackoffPolicy": { "minBackoff": 100 milliseconds, "maxBackoff": 1 second }
      }
      "pii": { "type": "Kinesis", "streamName": "" }
      "bad": { "type": "Kinesis", "streamName": "bad" }
    }
    "concurrency": { "enrich": 256, "sink": 1 }
    "telemetry": { "disable": true }
    "assetsUpdatePeriod": "7 days"
    "featureFlags": { "acceptInvalid": true, "legacyEnrichmentOrder": true, "tryBase64Decoding": true }
  }`)
  assert.equal(config.backend, 'aws')
  assert.equal(config.application, 'snowplow-enrich-kinesis')
  assert.deepEqual(
    [config.streams.raw.name, config.streams.good.name, config.streams.bad.name],
    ['collector-good', 'enriched', 'bad'],
  )
  assert.deepEqual(config.input.initialPosition, { at: 'timestamp', ms: Date.parse('2026-01-31T12:00:00Z') })
  assert.deepEqual(
    [config.aws.region, config.aws.endpoint, config.aws.dynamodbEndpoint, config.aws.maxRequestRecords],
    ['eu-central-1', 'http://localhost:4566', 'http://localhost:4567', 250],
  )
  assert.deepEqual(config.aws.retrievalMode, { type: 'Polling', maxRecords: 10_000 })
  assert.deepEqual(
    [config.enrich.partitionKey, config.enrich.acceptInvalid, config.enrich.tryBase64Decoding],
    ['user_id', true, true],
  )
  assert.equal(config.enrich.legacyEnrichmentOrder, true)
  assert.equal(config.enrich.assetsUpdatePeriodMs, 7 * 24 * 3600 * 1000)
  assert.deepEqual(
    [config.leases.leaseMs, config.leases.renewMs, config.leases.shardSyncMs],
    [10_000, 3333, 60_000],
  )
  assert.deepEqual(warnings, [
    'input.bufferSize, input.checkpointBackoff, output.good.throttledBackoffPolicy have no effect: requests are sized, paced and repeated by rules of our own',
    'concurrency has no effect: worker.threads says how many threads enrich, and order allows one put at a time for each shard',
  ])
})

test('so is one of Enrich 6', () => {
  const { config, warnings } = load(`{
    license { accept = true }
    input { streamName = raw, appName = enrich, retrievalMode { type = FanOut }, workerIdentifier = "node-1", leaseDuration = 20 seconds }
    output {
      good { streamName = enriched, maxRecordSize = 900000 }
      failed { streamName = failed }
      bad { streamName = bad }
    }
    validation { acceptInvalid = false, atomicFieldsLimits { app_id = 5 }, maxJsonDepth = 30 }
    monitoring { healthProbe { port = 8001, unhealthyLatency = 3 minutes }, metrics { statsd { hostname = localhost } } }
  }`)
  assert.deepEqual(config.aws.retrievalMode, { type: 'FanOut' })
  assert.deepEqual(
    [config.worker.name, config.leases.leaseMs, config.leases.renewMs],
    ['node-1', 20_000, 6667],
  )
  assert.deepEqual([config.streams.failed?.name, config.enrich.maxRecordBytes], ['failed', 900_000])
  assert.deepEqual([config.enrich.atomicFieldsLimits, config.enrich.maxJsonDepth], [{ app_id: 5 }, 30])
  assert.deepEqual([config.monitoring.http.port, config.monitoring.unhealthyAfterMs], [8001, 180_000])
  assert.deepEqual(warnings, [])
  const { statsd, stdout } = config.monitoring.metrics
  assert.deepEqual(statsd, { hostname: 'localhost', port: 8125, tags: {}, periodMs: 60_000 })
  assert.equal(stdout, undefined)
})

test('what its metrics are told to moves in', () => {
  const { config, warnings } = load(`{
    input { streamName = raw, appName = enrich }
    output { good { streamName = enriched }, bad { streamName = bad } }
    "monitoring": { "metrics": {
      "statsd": {
        "hostname": "statsd.internal", "port": 8126, "period": "10 seconds"
        "tags": { "app": enrich, "stream": \${STREAM}, "shards": 4 }
        "prefix": "acme.enrich."
      }
      "stdout": { "period": "30 seconds", "prefix": "" }
      "cloudwatch": true
    } }
  }`)
  assert.deepEqual(config.monitoring.metrics, {
    statsd: {
      hostname: 'statsd.internal',
      port: 8126,
      periodMs: 10_000,
      tags: { app: 'enrich', stream: 'collector-good', shards: '4' },
      prefix: 'acme.enrich.',
    },
    stdout: { periodMs: 30_000, prefix: '' },
  })
  assert.deepEqual(warnings, [
    'monitoring.metrics.cloudwatch has no effect: metrics go to Prometheus, StatsD and the log',
  ])
})

test('its service of identities is not asked, and a warning says what can be', () => {
  const { config, warnings } = load(`{
    input { streamName = raw, appName = enrich }
    output { good { streamName = enriched }, bad { streamName = bad } }
    identity { endpoint = "http://identity.internal", identifiers = [] }
  }`)
  assert.equal(config.enrich.hooks.identity, undefined)
  assert.deepEqual(warnings, ['identity has no effect: enrich.hooks.identity asks a service of yours'])
})

test('its adapters’ schemas and its remote adapters move in', () => {
  const { config, warnings } = load(`{
    input { streamName = raw, appName = enrich }
    output { good { streamName = enriched }, bad { streamName = bad } }
    adaptersSchemas { mandrill { message_opened = "iglu:com.mandrill/message_opened/jsonschema/1-0-3" } }
    remoteAdapters {
      connectionTimeout = 2 seconds, readTimeout = 5 seconds, maxConnections = 3
      configs = [{ vendor = com.acme, version = v1, url = "http://localhost:8080/acme" }]
    }
  }`)
  const { adaptersSchemas, remoteAdapters } = config.enrich
  assert.deepEqual(adaptersSchemas, {
    mandrill: { message_opened: 'iglu:com.mandrill/message_opened/jsonschema/1-0-3' },
  })
  assert.deepEqual(remoteAdapters, {
    timeoutMs: 5000,
    maxConnections: 3,
    configs: [{ vendor: 'com.acme', version: 'v1', url: 'http://localhost:8080/acme' }],
  })
  // One time-out is for both.
  assert.deepEqual(warnings, [
    'remoteAdapters.connectionTimeout has no effect: requests are sized, paced and repeated by rules of our own',
  ])
})

test('what is ours may stand beside what is theirs', () => {
  const { config } = load(`input { streamName = raw, appName = enrich }
    output { good { streamName = e }, bad { streamName = b } }
    worker.threads = 2
    leases.leaseMs = 6 seconds
    monitoring.logLevel = warn`)
  assert.deepEqual(
    [config.worker.threads, config.leases.leaseMs, config.monitoring.logLevel],
    [2, 6000, 'warn'],
  )
})

test('a wrong value is told where it stands in the original', () => {
  const text = `input {
    streamName = raw
    appName = "not a name"
  }`
  assert.throws(
    () => load(text),
    (error: unknown) => error instanceof ConfigError && /:3: application: .*not a name/.test(error.message),
  )
})

test('what has no effect is told once for each reason, and what matters even where nobody knows it', () => {
  const { warnings } = load(`input { streamName = raw, appName = enrich }
    output { good { streamName = e, type = Kinesis }, bad { streamName = b }, pii { streamName = p, partitionKey = app_id } }
    telemetry { disable = false, interval = 15 minutes, method = POST }
    inpt { bufferSize = 3 }`)
  assert.deepEqual(warnings, [
    'output.pii.partitionKey has no effect: only output.good.partitionKey can be chosen',
    'telemetry has no effect: nothing is sent to anybody',
    'inpt.bufferSize has no effect: there is no such setting here',
  ])
})

const twoRegions = (region: string) => `input { streamName = raw, appName = enrich, region = eu-west-1 }
  output { good { streamName = e, region = ${region} }, bad { streamName = b } }`

test('an output in another region is refused, not written where the input is', () => {
  assert.throws(
    () => load(twoRegions('us-east-1')),
    /:2: output\.good\.region: found "us-east-1", and the input has "eu-west-1"; all streams must be in one place/,
  )
  assert.deepEqual(load(twoRegions('eu-west-1')).warnings, [])
})

test('a configuration for another cloud is told as what it is', () => {
  assert.throws(
    () => load('input { type = PubSub, subscription = "projects/a/subscriptions/b" }'),
    /:1: input\.subscription: this is a configuration of Snowplow Enrich for Pub\/Sub, .*; name the streams/,
  )
})
