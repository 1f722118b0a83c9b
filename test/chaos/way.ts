import {
  startFaultProxy,
  type Fault,
  type FaultChances,
  type FaultProxy,
  type Passed,
} from '../../src/aws-local/index.ts'
import { parseProvenanceKey } from '../../src/backends/aws/provenance-key.ts'
import type { Written } from './oracle.ts'

/** A PutRecords that was passed on a good while after it had come. */
export interface HeldPut {
  /** Whose it was. */
  readonly process: string
  /** What held it; a pause of the proxy has no name of its own. */
  readonly fault: Fault['kind']
  readonly heldMs: number
  /** When it was passed on, ms since the epoch. */
  readonly at: number
  /** As `nameOutput` names them. */
  readonly outputs: readonly string[]
}

/** One output of one input, by one owner. */
export function nameOutput({ shardId, sequence, index, output, epoch }: Required<Written>['from']): string {
  return `${shardId}/${sequence}/${index}/${output} by ${epoch}`
}

export interface WayOptions {
  readonly process: string
  readonly seed: number
  /** Where Kinesis and DynamoDB answer. */
  readonly endpoints: Endpoints
  /** Told of puts that were held for longer than that. */
  readonly longMs: number
  readonly onHeld: (put: HeldPut) => void
}

export interface Endpoints {
  readonly kinesis: string
  readonly dynamo: string
}

/** From one process to Kinesis and DynamoDB, through proxies of its own: what goes wrong, goes wrong for it alone. */
export class Way {
  readonly kinesis: FaultProxy
  readonly dynamo: FaultProxy

  private constructor(kinesis: FaultProxy, dynamo: FaultProxy) {
    this.kinesis = kinesis
    this.dynamo = dynamo
  }

  static async open(options: WayOptions): Promise<Way> {
    const { seed, endpoints } = options
    // Longer than any caller waits for an answer.
    const common = { chances: {}, silentMs: 2500 }
    const onForward = (passed: Passed) => tellHeld(passed, options)
    return new Way(
      await startFaultProxy({ ...common, endpoint: endpoints.kinesis, seed, onForward }),
      await startFaultProxy({ ...common, endpoint: endpoints.dynamo, seed: seed + 1 }),
    )
  }

  get proxies(): readonly FaultProxy[] {
    return [this.kinesis, this.dynamo]
  }

  strike(chances: FaultChances, mostMs?: number): void {
    for (const proxy of this.proxies) proxy.strike(chances, mostMs)
  }

  close(): void {
    for (const proxy of this.proxies) void proxy.close()
  }

  calm(): void {
    this.strike({})
    for (const proxy of this.proxies) {
      proxy.heal()
      proxy.resume()
    }
  }
}

function tellHeld({ operation, body, fault, heldMs }: Passed, { process, longMs, onHeld }: WayOptions): void {
  if (heldMs < longMs || !operation.endsWith('.PutRecords')) return
  const { Records } = JSON.parse(body.toString()) as { Records: readonly { PartitionKey: string }[] }
  const outputs = Records.flatMap(({ PartitionKey }) => {
    const parsed = parseProvenanceKey(PartitionKey)
    return parsed === undefined ? [] : nameOutput(parsed.provenance)
  })
  onHeld({ process, fault: fault.kind, heldMs, at: Date.now(), outputs })
}
