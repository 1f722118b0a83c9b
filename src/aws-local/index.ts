export type { KinesisLimits, LimitsOption } from './kinesis/index.ts'
export { startAwsLocal, type AwsLocal, type AwsLocalOptions } from './server.ts'
