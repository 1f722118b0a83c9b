export { Kinesis, type KinesisOptions } from './kinesis.ts'
export type { KinesisLimits, LimitsOption } from './limits.ts'
export { answerKinesis } from './operations/index.ts'
export type { Answer } from './operation.ts'
