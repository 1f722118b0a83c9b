import type { ServiceParts } from './service-parts.ts'

/** Kinesis and DynamoDB as they can be had without an account. */
export interface RunningAwsLocal {
  readonly endpoint: string
  readonly dynamodbEndpoint: string
  stop(): Promise<void>
}

/** Starts stand-ins for AWS in this process, on loopback. What they hold is gone when they stop. */
export async function startAwsStandIns({ clock }: Pick<ServiceParts, 'clock'>): Promise<RunningAwsLocal> {
  // Only here: no worker loads it.
  const { startAwsLocal, startDynamoLocal } = await import('../aws-local/index.ts')
  const kinesis = await startAwsLocal({ clock })
  const dynamo = await startDynamoLocal()
  // The SDK signs with something, and nobody checks it.
  process.env['AWS_ACCESS_KEY_ID'] ??= 'local'
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'local'
  return {
    endpoint: kinesis.endpoint,
    dynamodbEndpoint: dynamo.endpoint,
    async stop() {
      await Promise.all([kinesis.close(), dynamo.close()])
    },
  }
}
