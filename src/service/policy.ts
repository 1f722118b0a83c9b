import type { Config } from '../config/index.ts'
import type { Policy } from '../backends/aws/index.ts'
import { parsePlace } from '../assets/index.ts'
import { filesOf } from '../core/index.ts'
import type { Role } from './role.ts'

export interface PolicyRequest {
  readonly role: Role
  readonly enrichments: readonly unknown[]
  /** What the configuration does not say. */
  readonly region?: string
  readonly account?: string
}

/** The least IAM policy for a process of this role; on another backend than AWS's it may have no statement. */
export async function policyFor(
  config: Config,
  { role, enrichments, ...place }: PolicyRequest,
): Promise<Policy> {
  const files = role === 'run' ? await filesOf(enrichments) : []
  const objects = files.filter(uri => uri.startsWith('s3:')).flatMap(uri => parsePlace(uri) ?? [])
  return (await import('./aws.ts')).policyFor(config, role, { ...place, objects })
}
