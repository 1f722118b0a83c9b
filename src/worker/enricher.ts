import type { Core } from '../core/index.ts'
import { packBatch, runJob, unpackOutputs, type Batch, type Enriched } from './job.ts'

/** Turns raw records into what is to be written. Order is kept within a batch. */
export interface Enricher {
  /** Rejects with a MillraceError when something outside failed: then nothing of the batch is done. */
  enrich(batch: Batch): Promise<Enriched>
  /** Resolves when the first batch will take no longer than any. */
  warmUp?(): Promise<void>
  close(): Promise<void>
}

/** Enriches on the calling thread: for a machine with one processor, for tests and for tools. */
export class InlineEnricher implements Enricher {
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  async enrich(batch: Batch): Promise<Enriched> {
    return unpackOutputs(await runJob(this.#core, packBatch(batch)), batch)
  }

  async close(): Promise<void> {}
}
