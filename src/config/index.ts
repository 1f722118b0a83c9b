export { configDefaults, configSchema, logLevels } from './schema.ts'
export type { Config, ConfigInput, InitialPosition, LogLevel } from './schema.ts'
export { formatDuration, parseDuration, parseSize } from './units.ts'
