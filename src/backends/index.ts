export type { Backend, CommitterOptions, Consumer, OutputStreams, StreamSinkOptions } from './backend.ts'
