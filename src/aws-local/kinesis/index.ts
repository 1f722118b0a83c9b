export { Kinesis, type KinesisOptions } from './kinesis.ts'
export type { KinesisLimits, LimitsOption } from './limits.ts'
export { kinesisService } from './service.ts'
