export { openHook, parseHooks, type Hook } from './hooks.ts'
export type { HooksOptions } from './options.ts'
