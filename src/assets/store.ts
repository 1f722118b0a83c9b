import type { Asset, Assets } from '../core/index.ts'
import { Backoff, messageOf, MillraceError, type Clock } from '../lib/index.ts'
import type { Observe } from '../observe/index.ts'
import { Consumer, swapAll } from './consumer.ts'
import { DiskCache, type KeptFile } from './disk-cache.ts'
import { assetError, shownUri } from './failure.ts'
import { fetchAsset, type Places } from './fetch.ts'
import type { FileVersion } from './file-version.ts'

export interface AssetStoreOptions {
  readonly places: Places
  /** Between two looks for newer files; 0: never. */
  readonly updatePeriodMs: number
  /** Where the last good version of each file is kept. */
  readonly directory?: string
  readonly clock: Clock
  readonly observe: Observe
}

/** Told of each newer file once it is in use here. The bytes are memory that threads can share. */
export type AssetListener = (uri: string, bytes: Uint8Array) => void

interface HeldFile {
  readonly uri: string
  readonly consumers: Consumer<unknown>[]
  /** Good, once there is a consumer. */
  bytes: Uint8Array
  version: FileVersion
  /** The last good version, while nobody has tried the newer one. */
  kept: KeptFile | null
  /** What is wrong with the newest version, which is then not in use. */
  refusal: string | null
  /** The last look for a newer version failed. */
  unreachable: boolean
}

// Node's timers have 31 bits.
const longestSleepMs = 2 ** 31 - 1
// A hiccup of the network should not keep a worker from starting.
const attempts = 3

// A list without entries may be a good one, but nobody empties one that was in use: somebody is writing it.
const emptied = 'it is empty, and the one before was not'

function isEmptied({ bytes }: HeldFile, next: Uint8Array): boolean {
  return next.byteLength === 0 && bytes.byteLength > 0
}

/**
 * The files of a process, each fetched once into memory that its threads share.
 *
 * A file is fetched when it is first asked for, tried by whoever asks, and looked for again in every period: when there
 * is a newer one, it is tried by all who use it before anybody does. So a bad file changes nothing, and one enrichment
 * after the other moves to a good one.
 */
export class AssetStore implements Assets {
  readonly #options: AssetStoreOptions
  readonly #places: Places
  readonly #cache: DiskCache | null
  readonly #files = new Map<string, Promise<HeldFile>>()
  readonly #listeners = new Set<AssetListener>()
  readonly #closed = new AbortController()
  #watching: Promise<void> | undefined

  constructor(options: AssetStoreOptions) {
    this.#options = options
    this.#places = { ...options.places, signal: this.#closed.signal }
    this.#cache = options.directory === undefined ? null : new DiskCache(options.directory)
  }

  async open<T>(uri: string, load: (bytes: Uint8Array) => T): Promise<Asset<T>> {
    const file = await this.#file(uri)
    const consumer = this.#try(file, load)
    file.consumers.push(consumer)
    if (file.kept?.bytes !== file.bytes) await this.#keep(file)
    return consumer
  }

  /** The file in use. Rejects with a MillraceError when it cannot be had. */
  async bytesOf(uri: string): Promise<Uint8Array> {
    return (await this.#file(uri)).bytes
  }

  /** Calls `listener` for each newer file, until the result is called. */
  subscribe(listener: AssetListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Begins to look for newer files. */
  watch(): void {
    if (this.#options.updatePeriodMs > 0) this.#watching ??= this.#watch()
  }

  async close(): Promise<void> {
    this.#closed.abort()
    await this.#watching
  }

  /** Looks for newer files now, one after the other. Never rejects. */
  async refresh(): Promise<void> {
    for (const opening of this.#files.values()) {
      const file = await opening.catch(() => null)
      if (file !== null && !this.#closed.signal.aborted) await this.#refresh(file)
    }
  }

  async #watch(): Promise<void> {
    const { signal } = this.#closed
    const { clock, updatePeriodMs } = this.#options
    while (!signal.aborted) {
      await clock.sleep(Math.min(updatePeriodMs, longestSleepMs), signal)
      if (!signal.aborted) await this.refresh()
    }
  }

  #file(uri: string): Promise<HeldFile> {
    const known = this.#files.get(uri)
    if (known !== undefined) return known
    const opening = this.#openFile(uri)
    this.#files.set(uri, opening)
    // Whoever asks again may have more luck.
    opening.catch(() => this.#files.delete(uri))
    return opening
  }

  async #openFile(uri: string): Promise<HeldFile> {
    const kept = (await this.#cache?.read(uri)) ?? null
    const held = { uri, consumers: [], kept, refusal: null, unreachable: false }
    try {
      const fetched = await this.#fetch(uri, kept)
      if (fetched.kind === 'file') return { ...held, bytes: fetched.bytes, version: fetched.version }
      if (kept !== null) return { ...held, ...kept }
      throw assetError(uri, 'the server says that it has not changed, which nobody asked')
    } catch (error) {
      if (kept === null || !(error instanceof MillraceError)) throw error
      const file = { ...held, ...kept }
      this.#failed(file, 'unreachable', error.message)
      return file
    }
  }

  async #fetch(uri: string, kept: KeptFile | null): ReturnType<typeof fetchAsset> {
    const { clock } = this.#options
    const backoff = new Backoff({ minMs: 500, maxMs: 5000 }, clock)
    for (let attempt = 1; ; attempt++) {
      try {
        return await fetchAsset(uri, kept?.version ?? {}, this.#places)
      } catch (error) {
        const again = error instanceof MillraceError && error.retryable && attempt < attempts
        if (!again || kept !== null) throw error
        await backoff.wait(this.#closed.signal)
      }
    }
  }

  /** What `load` makes of the file, or of the last good version where the newer one is refused. */
  #try<T>(file: HeldFile, load: (bytes: Uint8Array) => T): Consumer<T> {
    try {
      return new Consumer(load, file.bytes)
    } catch (error) {
      const { kept, uri } = file
      // Others may be using the newer one.
      if (kept === null || kept.bytes === file.bytes || file.consumers.length > 0)
        throw assetError(uri, `is refused: ${messageOf(error)}`, { retryable: false, cause: error })
      file.bytes = kept.bytes
      this.#failed(file, 'refused', messageOf(error))
      return this.#try(file, load)
    }
  }

  async #refresh(file: HeldFile): Promise<void> {
    const { observe } = this.#options
    const uri = shownUri(file.uri)
    try {
      const fetched = await fetchAsset(file.uri, file.version, this.#places)
      if (fetched.kind === 'same') return this.#same(file)
      // Also of one that is refused: it is not fetched again until there is another one.
      file.version = fetched.version
      file.unreachable = false
      file.refusal = isEmptied(file, fetched.bytes) ? emptied : swapAll(file.consumers, fetched.bytes)
      if (file.refusal !== null) return this.#failed(file, 'refused', file.refusal)
      file.bytes = fetched.bytes
      observe({ type: 'asset-updated', uri, bytes: fetched.bytes.byteLength })
      for (const listener of this.#listeners) listener(file.uri, fetched.bytes)
      await this.#keep(file)
    } catch (error) {
      this.#failed(file, 'unreachable', messageOf(error))
    }
  }

  #same(file: HeldFile): void {
    const { refusal, unreachable, uri } = file
    file.unreachable = false
    if (refusal !== null) this.#failed(file, 'refused', refusal)
    else if (unreachable) this.#options.observe({ type: 'asset-recovered', uri: shownUri(uri) })
  }

  #failed(file: HeldFile, reason: 'unreachable' | 'refused', error: string): void {
    if (reason === 'refused') file.refusal = error
    else file.unreachable = true
    this.#options.observe({ type: 'asset-failed', uri: shownUri(file.uri), reason, error })
  }

  /** A cache that cannot be written costs nothing but the next start during an outage. */
  async #keep(file: HeldFile): Promise<void> {
    const { bytes, version, uri } = file
    file.kept = { bytes, version }
    try {
      await this.#cache?.write(uri, file.kept)
    } catch (error) {
      const warning = `the last good version of ${shownUri(uri)} cannot be kept: ${messageOf(error)}`
      this.#options.observe({ type: 'configuration-warning', warning })
    }
  }
}
