import type { Core } from '../core/index.ts'
import type { Observe } from '../observe/index.ts'
import type { BuiltCore } from './core-setup.ts'
import { packBatch, runJob, unpackOutputs, type Batch, type Enriched } from './job.ts'

/** Turns raw records into what is to be written. Order is kept within a batch. */
export interface Enricher {
  /** Rejects with a MillraceError when something outside failed: then nothing of the batch is done. */
  enrich(batch: Batch): Promise<Enriched>
  /** Resolves when the first batch will take no longer than any. */
  warmUp?(): Promise<void>
  close(): Promise<void>
}

/** What a core needs around each batch. */
export interface Around extends Pick<BuiltCore, 'begin' | 'costs' | 'close'> {
  readonly observe: Observe
}

/** Enriches on the calling thread: for a machine with one processor, for tests and for tools. */
export class InlineEnricher implements Enricher {
  readonly #core: Core
  readonly #around: Around | undefined

  constructor(core: Core, around?: Around) {
    this.#core = core
    this.#around = around
  }

  async enrich(batch: Batch): Promise<Enriched> {
    this.#around?.begin()
    const outputs = await runJob(this.#core, packBatch(batch))
    const enrichments = this.#around?.costs() ?? []
    if (enrichments.length > 0) this.#around?.observe({ type: 'enrichments-measured', enrichments })
    return unpackOutputs(outputs, batch)
  }

  async close(): Promise<void> {
    await this.#around?.close()
  }
}
