import type { Config } from '../config/index.ts'
import type { Policy } from '../backends/aws/index.ts'
import type { Role } from './role.ts'

/** The least IAM policy for a process of this role. `place`: what the configuration does not say. */
export async function policyFor(
  config: Config,
  role: Role,
  place: { readonly region?: string; readonly account?: string },
): Promise<Policy> {
  return (await import('./aws.ts')).policyFor(config, role, place)
}
