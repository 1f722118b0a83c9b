import { Random } from '../failover/random.ts'

/** What can happen to a pipeline, with how often beside the others. */
const weights = {
  /** SIGKILL; another process takes its place a second later, as a supervisor would see to. */
  'kill-worker': 16,
  /** SIGSTOP for longer than a lease, then SIGCONT: it wakes up as a zombie. */
  'freeze-worker': 6,
  /** SIGSTOP for less than a lease. */
  'pause-worker': 4,
  /** SIGTERM, and a new process at the same time. */
  'replace-worker': 4,
  'join-worker': 2,
  /** SIGTERM, and nobody comes instead. */
  'leave-worker': 2,
  /** One after the other: a new process, and when it is ready, SIGTERM for an old one. */
  'rolling-deploy': 2,
  'split-shard': 4,
  'merge-shards': 3,
  'kill-collector': 3,
  /** Every worker and the collector at the same instant. */
  'kill-all': 1,
  /** No file of the pipeline can grow. */
  'disk-full': 1,
  /** Another process holds the write lock of the heartbeats for longer than a renewal. */
  'slow-leases': 2,
  /** … for longer than a lease. */
  'stuck-leases': 1,
  /** Another process holds the write lock of the outputs. */
  'slow-outputs': 2,
  /** Another process holds the write lock of the raw stream. */
  'slow-raw': 1,
  /** Of an output stream. */
  'split-output': 3,
  'merge-output': 2,
  /** A part of what one worker asks of its streams and leases is refused as too much. */
  'throttled-worker': 3,
  /** … or answered late. */
  'slow-answers': 2,
  /** … or never arrives. */
  'dropped-requests': 3,
  /** … or is done, and no answer comes. */
  'dropped-replies': 3,
  /** … or is done long after its connection broke. */
  'late-requests': 4,
  /** … or is answered with a failure, done or not. */
  'server-errors': 3,
  /** Parts of what one worker puts fail. */
  'partial-puts': 3,
  /** Nothing gets from one worker to streams and leases, and nothing back. */
  'cut-off': 3,
  /** … to the leases alone. */
  'cut-off-leases': 2,
  /** Streams and leases let everybody wait. */
  'pause-all': 1,
} as const

export type FaultKind = keyof typeof weights
export const faultKinds: readonly FaultKind[] = Object.keys(weights).filter(isKind)

/** One thing that goes wrong. Same seed, same plan; what it hits depends on who is there by then. */
export interface PlannedFault {
  readonly kind: FaultKind
  /** From the start of the campaign. */
  readonly atMs: number
  /** How long it lasts; 0 for what is over at once. */
  readonly forMs: number
  /** From 0 to below 1: which of those that it may hit. */
  readonly pick: number
}

export interface PlanOptions {
  readonly seed: number
  readonly seconds: number
  readonly faults: number
  readonly leaseMs: number
  /** What may happen. */
  readonly kinds: readonly FaultKind[]
}

/** Spreads the faults over the campaign: one in each of as many slots, at any moment of it, every kind at least once. */
export function planFaults({ kinds, ...options }: PlanOptions): PlannedFault[] {
  const random = new Random(options.seed)
  // Also where there is not room for all.
  const firsts = shuffled(kinds, random)
  const deck = shuffled(
    Array.from({ length: options.faults }, (_, i) => firsts[i] ?? weighted(kinds, random)),
    random,
  )
  // The last ones are given a moment to show what they did while traffic goes on.
  const slotMs = (options.seconds * 1000 * 0.95) / Math.max(1, options.faults)
  return deck.map((kind, slot) => ({
    kind,
    atMs: Math.round((slot + random.next()) * slotMs),
    forMs: Math.round(lasts(kind, options.leaseMs, random)),
    pick: random.next(),
  }))
}

function lasts(kind: FaultKind, leaseMs: number, random: Random): number {
  switch (kind) {
    case 'freeze-worker':
      return random.between(1.3, 2.5) * leaseMs
    case 'pause-worker':
      return random.between(0.05, 0.7) * leaseMs
    case 'slow-leases':
      return random.between(0.4, 0.9) * leaseMs
    // Up to longer than a call tries, which is 5 s.
    case 'stuck-leases':
      return random.between(1.3, 3) * leaseMs
    case 'slow-outputs':
    case 'slow-raw':
      return random.between(0.2, 3) * leaseMs
    case 'disk-full':
      return random.between(1, 2) * leaseMs
    case 'cut-off':
    case 'cut-off-leases':
      return random.between(0.2, 2) * leaseMs
    case 'throttled-worker':
    case 'slow-answers':
    case 'dropped-requests':
    case 'dropped-replies':
    case 'late-requests':
    case 'server-errors':
    case 'partial-puts':
      return random.between(0.3, 1.5) * leaseMs
    case 'pause-all':
      return random.between(0.1, 0.8) * leaseMs
    case 'split-output':
    case 'merge-output':
    case 'kill-worker':
    case 'replace-worker':
    case 'join-worker':
    case 'leave-worker':
    case 'rolling-deploy':
    case 'split-shard':
    case 'merge-shards':
    case 'kill-collector':
    case 'kill-all':
      return 0
  }
}

function weighted(kinds: readonly FaultKind[], random: Random): FaultKind {
  let left = random.below(kinds.reduce((sum, kind) => sum + weights[kind], 0))
  return kinds.find(kind => (left -= weights[kind]) < 0) ?? 'kill-worker'
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result: T[] = []
  for (const item of items) {
    const at = random.below(result.length + 1)
    const moved = result[at]
    if (moved === undefined) result.push(item)
    else {
      result[at] = item
      result.push(moved)
    }
  }
  return result
}

export function isKind(text: string): text is FaultKind {
  return text in weights
}
