import type { StreamRecord } from '../streams/index.ts'
import { KeySet, packHash } from './key-set.ts'
import { provenanceHash } from './provenance.ts'

export interface ReaderMemoryOptions {
  /** How long a key is remembered, by the stream's own arrival time. Default: 10 minutes. */
  readonly windowMs?: number
  /** Of one shard; beyond it the oldest are forgotten early, and `onForgotten` is told. Default: 2,000,000. */
  readonly maxKeys?: number
  readonly onForgotten?: (shardId: string, keys: number) => void
}

/** Keys whose records arrived before `untilMs`. Passed on to children as it is: only its own shard adds to it. */
interface Generation {
  readonly untilMs: number
  readonly keys: KeySet
}

interface ShardMemory {
  /** Oldest first. The last one is added to, if it is `open`. */
  generations: Generation[]
  open: Generation | undefined
  newestMs: number
}

const generationsPerWindow = 10

/**
 * Which records of one stream were read lately. A whole generation is forgotten at once, when its youngest key is out
 * of the window: no key is forgotten early, and none is kept longer than the window and a tenth of it.
 */
export class ReaderMemory {
  readonly #windowMs: number
  readonly #generationMs: number
  readonly #maxKeys: number
  readonly #onForgotten: (shardId: string, keys: number) => void
  readonly #shards = new Map<string, ShardMemory>()
  readonly #key = new Uint32Array(4)

  constructor({ windowMs = 600_000, maxKeys = 2_000_000, onForgotten = () => {} }: ReaderMemoryOptions = {}) {
    this.#windowMs = windowMs
    this.#generationMs = Math.max(1, Math.ceil(windowMs / generationsPerWindow))
    this.#maxKeys = maxKeys
    this.#onForgotten = onForgotten
  }

  /** Remembers the record, and tells whether its key was seen within the window. Records without provenance are never copies. */
  isCopy(
    shardId: string,
    { provenance, arrivedAt }: Pick<StreamRecord, 'provenance' | 'arrivedAt'>,
  ): boolean {
    const memory = this.#memory(shardId)
    memory.newestMs = Math.max(memory.newestMs, arrivedAt)
    if (provenance === undefined) return false
    this.#expire(memory)
    packHash(provenanceHash(provenance), this.#key)
    const seen = memory.generations.some(({ keys }) => keys.has(this.#key))
    this.#openGeneration(shardId, memory).keys.add(this.#key)
    return seen
  }

  knows(shardId: string): boolean {
    return this.#shards.has(shardId)
  }

  /** The child starts with what its parents remember. They must have been read to their ends. */
  inherit(childId: string, parentIds: readonly string[]): void {
    const child = this.#memory(childId)
    const parents = parentIds.flatMap(id => this.#shards.get(id)?.generations ?? [])
    child.generations = [...child.generations, ...parents].sort((a, b) => a.untilMs - b.untilMs)
    child.open = undefined
  }

  forget(shardId: string): void {
    this.#shards.delete(shardId)
  }

  /** Of all shards; what children share with their parents counts once. */
  get size(): { keys: number; bytes: number } {
    const sets = new Set([...this.#shards.values()].flatMap(({ generations }) => generations))
    const sum = { keys: 0, bytes: 0 }
    for (const { keys } of sets) {
      sum.keys += keys.size
      sum.bytes += keys.bytes
    }
    return sum
  }

  #memory(shardId: string): ShardMemory {
    const memory = this.#shards.get(shardId) ?? { generations: [], open: undefined, newestMs: 0 }
    this.#shards.set(shardId, memory)
    return memory
  }

  #expire(memory: ShardMemory): void {
    const before = memory.newestMs - this.#windowMs
    if ((memory.generations[0]?.untilMs ?? Infinity) > before) return
    memory.generations = memory.generations.filter(({ untilMs }) => untilMs > before)
  }

  #openGeneration(shardId: string, memory: ShardMemory): Generation {
    const { open, newestMs } = memory
    const full = Math.max(1, Math.floor(this.#maxKeys / generationsPerWindow))
    if (open !== undefined && newestMs < open.untilMs && open.keys.size < full) return open
    const untilMs = (Math.floor(newestMs / this.#generationMs) + 1) * this.#generationMs
    const next = { untilMs, keys: new KeySet() }
    memory.open = next
    memory.generations.push(next)
    this.#makeRoom(shardId, memory, this.#maxKeys - full)
    return next
  }

  #makeRoom(shardId: string, memory: ShardMemory, most: number): void {
    let size = memory.generations.reduce((sum, { keys }) => sum + keys.size, 0)
    while (size > most && memory.generations.length > 1) {
      const gone = memory.generations.shift()?.keys.size ?? 0
      size -= gone
      this.#onForgotten(shardId, gone)
    }
  }
}
