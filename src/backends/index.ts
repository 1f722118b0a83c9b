export type { Backend, CommitterOptions, Consumer, OutputStreams } from './backend.ts'
