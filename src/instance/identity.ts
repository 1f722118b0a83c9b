import { MillraceError } from '../lib/index.ts'
import type { InstanceMetadata } from './metadata.ts'

/** Which machine this is. */
export interface Identity {
  readonly instanceId: string
  readonly region: string
}

/** Throws a MillraceError when the machine does not tell. */
export async function readIdentity(metadata: InstanceMetadata): Promise<Identity> {
  const text = await metadata.get('dynamic/instance-identity/document')
  const [instanceId, region] = [field(text, 'instanceId'), field(text, 'region')]
  if (instanceId !== undefined && region !== undefined) return { instanceId, region }
  const message = 'the instance metadata name neither instance nor region; this is no EC2 instance'
  throw new MillraceError('instance', message, { retryable: true })
}

function field(text: string | undefined, name: string): string | undefined {
  try {
    const value: unknown = Reflect.get(Object(JSON.parse(text ?? '{}')), name)
    return typeof value === 'string' && /^[\w-]{1,64}$/.test(value) ? value : undefined
  } catch {
    return undefined
  }
}
