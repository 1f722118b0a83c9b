import { MillraceError } from '../lib/index.ts'
import type { Registry } from './registry.ts'

/** The order in which to ask registries: one that is meant for the vendor first, then the cheap ones, then as configured. */
export function orderRegistries(registries: readonly Registry[], vendor: string): readonly Registry[] {
  return registries.toSorted(
    (a, b) =>
      Number(isMeantFor(b, vendor)) - Number(isMeantFor(a, vendor)) ||
      a.classPriority - b.classPriority ||
      a.priority - b.priority,
  )
}

/** Bad rows tell registries apart by their names alone. */
export function refuseDuplicateNames(registries: readonly Registry[]): void {
  const names = registries.map(({ name }) => name)
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated === undefined) return
  throw new MillraceError(
    'config',
    `two schema registries are called ${JSON.stringify(repeated)}; give each a name of its own`,
    { retryable: false },
  )
}

function isMeantFor(registry: Registry, vendor: string): boolean {
  return registry.vendorPrefixes.some(prefix => vendor.startsWith(prefix))
}
