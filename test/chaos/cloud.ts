// Kinesis and DynamoDB of a campaign, in a process of their own: says where they answer, and ends with whoever started it.
import { startAwsLocal, startDynamoLocal } from '../../src/aws-local/index.ts'

const [kinesis, dynamo] = await Promise.all([startAwsLocal(), startDynamoLocal()])
process.on('disconnect', () => process.exit())
process.send?.({ kinesis: kinesis.endpoint, dynamo: dynamo.endpoint })
