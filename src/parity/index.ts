export {
  compareEvents,
  parityDefaults,
  type Finding,
  type ParityOptions,
  type ParityReport,
} from './comparison.ts'
