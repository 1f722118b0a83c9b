/** What becomes of one request. */
export type Fault =
  | { readonly kind: 'none' }
  /** Forwarded after `ms`. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Refused as too much; not forwarded. */
  | { readonly kind: 'throttle' }
  /** Answered with 500 InternalFailure; not forwarded. */
  | { readonly kind: 'error' }
  /** The connection breaks before the request arrives. */
  | { readonly kind: 'drop-request' }
  /** The request is served, but no answer comes: the connection breaks, or hangs first. */
  | { readonly kind: 'drop-reply' }
  /** The request is served, but answered with 500. */
  | { readonly kind: 'error-reply' }
  /** The connection breaks at once; the request is served `ms` later, when the caller has long given up. */
  | { readonly kind: 'late'; readonly ms: number }
  /** Entries of a PutRecords fail, each with probability `share`; other operations are left alone. */
  | { readonly kind: 'partial'; readonly share: number }

export type FaultKind = Exclude<Fault['kind'], 'none'>

/** How often each fault strikes, from 0 to 1; together 1 at most. What is absent never does. */
export type FaultChances = Readonly<Partial<Record<FaultKind, number>>>

const kinds: readonly FaultKind[] = [
  'delay',
  'throttle',
  'error',
  'drop-request',
  'drop-reply',
  'error-reply',
  'late',
  'partial',
]

export interface FaultPlan {
  readonly seed: number
  readonly chances: FaultChances
  /** The longest delay and lateness; 1,000 when absent. */
  readonly mostMs?: number
}

/** The fault of a request. Follows from the seed and the request's number alone. */
export function planFault({ seed, chances, mostMs = 1_000 }: FaultPlan, request: number): Fault {
  let left = noise(seed, request, 0)
  const kind = kinds.find(kind => {
    const chance = chances[kind] ?? 0
    left -= chance
    return left < 0
  })
  const size = noise(seed, request, 1)
  if (kind === undefined) return { kind: 'none' }
  if (kind === 'delay' || kind === 'late') return { kind, ms: Math.ceil(size * mostMs) }
  if (kind === 'partial') return { kind, share: 0.1 + size * 0.9 }
  return { kind }
}

/** From 0 to below 1, evenly, from whole numbers alone: the same ones give the same. */
export function noise(...numbers: readonly number[]): number {
  let state = 0
  for (const number of numbers) state = mix((state ^ number) + 0x6d2b79f5)
  return mix(state) / 4294967296
}

function mix(number: number): number {
  let value = Math.imul(number ^ (number >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}
