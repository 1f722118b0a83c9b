import type { OutputKind, OutputRecord, Provenance } from '../streams/index.ts'

interface Found {
  /** An event is good or it is bad: whatever was written of it first has decided. */
  good: boolean
  readonly outputs: Set<string>
}

/** Which kinds are written of good events; the others are of bad ones. */
const isOfGood: Readonly<Record<OutputKind, boolean>> = { good: true, pii: true, bad: false, failed: false }

/** What was found of one input shard in the output streams, by event. */
export class Presence {
  readonly #events = new Map<string, Found>()
  readonly #divergent = new Set<string>()

  get events(): number {
    return this.#events.size
  }

  /** Events that were good in one run and bad in another: the first run's outputs stand. */
  get divergent(): number {
    return this.#divergent.size
  }

  add(kind: OutputKind, provenance: Provenance, output: number): void {
    const event = eventOf(provenance)
    const found = this.#events.get(event) ?? { good: false, outputs: new Set() }
    this.#events.set(event, found)
    found.good ||= isOfGood[kind]
    found.outputs.add(outputOf(kind, output))
  }

  /**
   * What is still to be written. Skips by event, not by output: an event whose kind is decided gets nothing of the other
   * kind, also when this run of a non-deterministic enrichment says so. Source: delivery protocol, rule 25.
   */
  missing(outputs: readonly OutputRecord[]): readonly OutputRecord[] {
    return outputs.filter(({ kind, provenance, output }) => {
      const event = eventOf(provenance)
      const found = this.#events.get(event)
      if (found === undefined) return true
      if (found.good === isOfGood[kind]) return !found.outputs.has(outputOf(kind, output))
      this.#divergent.add(event)
      return false
    })
  }
}

function eventOf({ sequence, subSequence, index }: Provenance): string {
  return `${sequence}/${subSequence}/${index}`
}

function outputOf(kind: OutputKind, output: number): string {
  return `${kind}/${output}`
}
