// Kinesis on loopback in a process of its own, so that what it costs is nobody else's memory and event loop. Says where
// it listens, and ends with its parent.
import { startAwsLocal } from '../src/aws-local/index.ts'

const { endpoint } = await startAwsLocal({ limits: 'none' })
process.on('disconnect', () => process.exit())
process.send?.({ endpoint })
