import { deliveryTimers, type DeliveryTimers } from '../../src/delivery/timers.ts'
import type { LeaseTimers } from '../../src/leases/index.ts'
import { calm, type NetworkFaults } from './network.ts'
import { calmStreams, type StreamFaults } from './stream-service.ts'

/** Everything that decides a run, but for the seed. Times in milliseconds. */
export interface Scenario {
  readonly name: string
  readonly machines: number
  readonly inputShards: number
  readonly outputShards: number
  readonly records: number
  readonly faultsMs: number
  /** With the faults over, everything must be done after so long. */
  readonly calmMs: number
  readonly timers: DeliveryTimers
  readonly leases: LeaseTimers
  readonly storeTimeoutMs: number
  readonly staleScans: number
  /** As `LeaseServiceOptions` has it. */
  readonly bellMs?: number
  readonly clockDrift: number
  readonly network: NetworkFaults
  readonly streams: StreamFaults
  readonly visibleMs: number
  readonly settleMs: number
  readonly skewMs: number
  /** How late a list of a stream's shards may show new ones. */
  readonly listLagMs: number
  readonly maxBatchRecords: number
  readonly drainMs: number
  /** Share of processes that are given less time than that: not enough to finish anything. */
  readonly hasty: number
  /** Records per second that somebody else puts on each output stream. */
  readonly foreignPerSecond: number
  /** Records that one call of a read-back brings. */
  readonly readBackRecords: number
  /** How often each comes, on average, while there are faults. */
  readonly faults: Readonly<Record<FaultKind, number>>
  /** Owner names are used again by the process that replaces another. */
  readonly reuseNames: boolean
  readonly nondeterministic: boolean
}

export const faultKinds = [
  'crash',
  'pause',
  'freeze',
  'stop',
  'kill-draining',
  'deploy',
  'join',
  'cut-leases',
  'cut-output',
  'cut-input',
  'leases-down',
  'leases-slow',
  'output-down',
  'throttle',
  'split-input',
  'merge-input',
  'split-output',
  'merge-output',
  'jump',
] as const
export type FaultKind = (typeof faultKinds)[number]

const timers = deliveryTimers({
  leaseMs: 10_000,
  putTimeoutMs: 2000,
  settleMs: 3000,
  visibleMs: 1000,
  dateMarginMs: 3000,
  dateSkewMs: 500,
  maxOpenRecords: 40,
})

/** Every bounded fault at once: nothing may be lost, nothing may come twice. Rates are absurd on purpose. */
export const bounded: Scenario = {
  name: 'bounded',
  machines: 3,
  inputShards: 2,
  outputShards: 2,
  records: 120,
  faultsMs: 60_000,
  calmMs: 200_000,
  timers,
  leases: { leaseMs: 10_000, renewMs: 3333, scanMs: 2500, shardSyncMs: 10_000 },
  storeTimeoutMs: 1000,
  staleScans: 0.3,
  clockDrift: 0.01,
  network: { loss: 0.05, delayMs: 40, slow: 0.05, slowMs: 900, throttled: 0.03 },
  streams: { ...calmStreams, throttled: 0.1, unclear: 0.02, slow: 0.1, frozen: 0.01, frozenMs: 2500 },
  visibleMs: 1000,
  settleMs: 3000,
  skewMs: 500,
  listLagMs: 1500,
  maxBatchRecords: 4,
  drainMs: 15_000,
  hasty: 0.3,
  foreignPerSecond: 0,
  readBackRecords: 20,
  faults: {
    crash: 1.5,
    pause: 1.5,
    freeze: 0,
    stop: 1.5,
    'kill-draining': 0.5,
    deploy: 0.3,
    join: 0.3,
    'cut-leases': 1,
    'cut-output': 0.7,
    'cut-input': 0.5,
    'leases-down': 0.3,
    'leases-slow': 0.3,
    'output-down': 0.2,
    throttle: 0.3,
    'split-input': 1,
    'merge-input': 0.5,
    'split-output': 0.6,
    'merge-output': 0.3,
    jump: 0.3,
  },
  reuseNames: false,
  nondeterministic: true,
}

/** Requests also take effect later than anybody reckons with. */
export const late: Scenario = {
  ...bounded,
  name: 'late',
  bellMs: 400,
  streams: { ...bounded.streams, late: 0.01, lateMs: 300_000 },
}

/** Processes and whole machines also stand still between the check of the fence and the socket. */
export const frozen: Scenario = {
  ...bounded,
  name: 'frozen',
  streams: { ...bounded.streams, frozen: 0.02, frozenMs: 40_000, freezes: 0.5 },
  faults: { ...bounded.faults, freeze: 1.5 },
}

/** No fault at all but those that operators plan. */
export const planned: Scenario = {
  ...bounded,
  name: 'planned',
  bellMs: 400,
  hasty: 0,
  network: calm,
  streams: calmStreams,
  staleScans: 0,
  faults: {
    ...Object.fromEntries(faultKinds.map(kind => [kind, 0])),
    stop: 3,
    deploy: 1,
    join: 1,
    'split-input': 1,
    'merge-input': 1,
    'split-output': 1,
    'merge-output': 1,
  } as Record<FaultKind, number>,
}

/** Which scenario a seed plays. */
export function scenarioOf(seed: number): Scenario {
  const turn = seed % 10
  if (turn < 6) return bounded
  if (turn < 8) return late
  return turn === 8 ? frozen : planned
}
