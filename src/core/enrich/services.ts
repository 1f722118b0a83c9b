/*
 * What enrichments get from outside. Core opens nothing: whoever builds it hands these in, and each has a room of its
 * own below `core` (assets).
 */

/** A file in use. `current` changes when a newer one has arrived and was found good. */
export interface Asset<T> {
  readonly current: T
}

/** The files that enrichments need: databases, lists, rules. */
export interface Assets {
  /**
   * Fetches a file and makes of it what the enrichment uses. `load` is called with its bytes, and again with those of a
   * newer one: what it throws then leaves the old one in use. Rejects with a MillraceError when the first cannot be had
   * or is refused by `load`. The bytes may be shared by threads: nobody writes there.
   */
  open<T>(uri: string, load: (bytes: Uint8Array) => T): Promise<Asset<T>>
}

export interface EnrichmentServices {
  readonly assets: Assets
}
