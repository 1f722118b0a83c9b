import { readdirSync } from 'node:fs'
import type { Backend } from '../backends/index.ts'
import type { Config } from '../config/index.ts'
import { systemClock } from '../lib/index.ts'
import { unobserved } from '../observe/index.ts'
import { CommandError, exitCodes, systemCode } from './exit.ts'
import { override, readConfig, type ConfigFlags } from './setup.ts'

export interface PipelineFlags extends ConfigFlags {
  readonly directory?: string
}

export interface Pipeline {
  readonly config: Config
  readonly backend: Backend
}

/** Opens a pipeline that is there already, to look at it. Makes none: a mistyped directory is told. */
export async function openPipeline(flags: PipelineFlags): Promise<Pipeline> {
  const config = readConfig(flags, {
    flags: [
      ...override('--directory', 'embedded.directory', flags.directory),
      // Whoever names a directory means the files in it, also with a configuration that was made for AWS.
      ...(flags.directory === undefined ? [] : override('--directory', 'backend', 'embedded')),
    ],
  })
  const { hasPipeline, openBackend } = await import('../service/index.ts')
  if (!hasPipeline(config)) throw noPipeline(config.embedded.directory)
  return { config, backend: await openBackend(config, { clock: systemClock, observe: unobserved }) }
}

/** What is told of a directory without a pipeline. */
export function noPipeline(directory: string): CommandError {
  const hindrance = readingError(directory)
  if (hindrance === 'EACCES' || hindrance === 'EPERM') {
    const message = `this user may not look into ${directory}; give it the right, or name another directory with --directory`
    return new CommandError(exitCodes.noInput, message)
  }
  const file = hindrance === 'ENOTDIR'
  const what = file ? `${directory} is a file, no directory` : `there is no pipeline in ${directory}`
  const yet = file ? '' : '; one that was started just now may need a few seconds'
  const message = `${what}; start one with millrace dev, or name its directory with --directory${yet}`
  return new CommandError(exitCodes.noInput, message)
}

function readingError(directory: string): string | undefined {
  try {
    readdirSync(directory)
    return undefined
  } catch (error) {
    return systemCode(error)
  }
}
