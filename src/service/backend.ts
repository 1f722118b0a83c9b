import { holdsStreams, openEmbedded } from '../backends/embedded/index.ts'
import type { Backend } from '../backends/index.ts'
import type { Config } from '../config/index.ts'
import { createStreams } from './create-streams.ts'
import { patiently } from './patient.ts'
import type { Role } from './role.ts'
import { outputKinds, type OutputKind } from '../streams/index.ts'
import type { ServiceParts } from './service-parts.ts'

/** Opens what keeps streams and leases. What one backend needs is loaded only where it is used. */
export async function openBackend(config: Config, parts: ServiceParts): Promise<Backend> {
  if (config.backend === 'aws') return (await import('./aws.ts')).openAwsBackend(config, parts)
  const { directory, retentionMs, durability } = config.embedded
  return openEmbedded({
    directory,
    retentionMs,
    durability,
    clock: parts.clock,
  })
}

/** Whether there is a pipeline where the configuration says, so that looking at it makes no files. */
export function hasPipeline({ backend, embedded }: Config): boolean {
  return backend !== 'embedded' || holdsStreams(embedded.directory)
}

/**
 * Opens a backend with all that a process of this role needs. Tries for a while when it has to; rejects with a
 * MillraceError that says what is missing.
 */
export async function openStreams(config: Config, parts: ServiceParts, role: Role): Promise<Backend> {
  const backend = await openBackend(config, parts)
  return await orClose(backend, async () => {
    await patiently(() => makeReady(backend, config, { parts, role }), parts)
    return backend
  })
}

async function makeReady(
  backend: Backend,
  config: Config,
  use: { readonly parts: ServiceParts; readonly role: Role },
): Promise<void> {
  if (config.backend !== 'aws') return await createStreams(backend, config)
  const { readyAws } = await import('./aws.ts')
  await readyAws(backend, config, use)
}

/** Does `work`; when that fails, closes the backend: its threads would keep the process from ending. */
export async function orClose<T>(backend: Backend, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    await backend.close()
    throw error
  }
}

export function outputStreams({ streams }: Config): Partial<Record<OutputKind, string>> {
  const named = outputKinds.flatMap(kind => {
    const stream = streams[kind]
    return stream === undefined ? [] : [[kind, stream.name] as const]
  })
  return Object.fromEntries(named)
}
