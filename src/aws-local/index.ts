export type { Fault, FaultChances, FaultKind, FaultPlan } from './fault-plan.ts'
export {
  startFaultProxy,
  type Caller,
  type FaultProxy,
  type FaultProxyOptions,
  type Passed,
  type Struck,
} from './fault-proxy.ts'
export type { KinesisLimits, LimitsOption } from './kinesis/index.ts'
export { startAwsLocal, type AwsLocal, type AwsLocalOptions } from './server.ts'
export { startDynamoLocal, type DynamoLocal } from './dynamo.ts'
