import type { CoreOptions } from '../core/index.ts'
import { unobserved } from '../observe/index.ts'
import type { BuiltCore } from '../worker/index.ts'
import type { Setup } from './setup.ts'

export interface CommandCoreOptions extends Partial<Pick<CoreOptions, 'emitFailed' | 'emitPii'>> {
  /** One event in so many is timed. */
  readonly profileEvery?: number
}

/** A core without a worker around it, as it is configured. What works and should be known is told on standard error. */
export async function openCore(
  { config, documents }: Setup,
  { profileEvery, ...emitted }: CommandCoreOptions = {},
): Promise<BuiltCore> {
  const [{ assetSettings, coreOptions }, { buildCore }, { openAssets }] = await Promise.all([
    import('../service/index.ts'),
    import('../worker/index.ts'),
    import('../assets/index.ts'),
  ])
  const setup = {
    core: { ...coreOptions(config), ...emitted },
    scripts: config.enrich.scripts,
    ...(profileEvery !== undefined && { profileEvery }),
    ...documents,
  }
  const built = await buildCore(setup, unobserved, openAssets(assetSettings(config)))
  for (const warning of built.warnings) process.stderr.write(`millrace: ${warning}\n`)
  return built
}
