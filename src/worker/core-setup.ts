import type { Core, CoreOptions } from '../core/index.ts'
export interface CoreSetup {
  readonly core: CoreOptions
  readonly igluConfig: unknown
  readonly enrichments: readonly unknown[]
}
export function buildCore(_: CoreSetup): Promise<Core> {
  throw new Error('x')
}
