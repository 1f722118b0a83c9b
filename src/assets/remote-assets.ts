import type { Asset, Assets } from '../core/index.ts'
import { messageOf, MillraceError, type ErrorCode } from '../lib/index.ts'
import type { Observe } from '../observe/index.ts'
import { Consumer, swapAll } from './consumer.ts'
import { assetError, shownUri } from './failure.ts'
import type { AssetStore } from './store.ts'

/*
 * The files of a thread. They are fetched by the main thread, which sends the memory that holds them, not a copy: first
 * when the thread asks, then whenever there is a newer one.
 */

/** A thread asks for a file. */
export interface AssetWanted {
  readonly wanted: string
}

/** A file for a thread, or why it cannot be had. */
export type AssetSent = { readonly asset: string } & ({ readonly bytes: Uint8Array } | SentError)

interface SentError {
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly retryable: boolean }
}

/** What a thread's request is answered with. Never rejects. */
export async function answerWanted(uri: string, store: Pick<AssetStore, 'bytesOf'>): Promise<AssetSent> {
  try {
    return { asset: uri, bytes: await store.bytesOf(uri) }
  } catch (error) {
    const { code, retryable } =
      error instanceof MillraceError ? error : ({ code: 'asset', retryable: false } as const)
    return { asset: uri, error: { code, message: messageOf(error), retryable } }
  }
}

interface Received {
  readonly bytes: Promise<Uint8Array>
  readonly arrived: (sent: AssetSent) => void
  readonly consumers: Consumer<unknown>[]
  latest: Uint8Array | null
}

export class RemoteAssets implements Assets {
  readonly #ask: (wanted: AssetWanted) => void
  readonly #observe: Observe
  readonly #files = new Map<string, Received>()

  constructor(ask: (wanted: AssetWanted) => void, observe: Observe) {
    this.#ask = ask
    this.#observe = observe
  }

  async open<T>(uri: string, load: (bytes: Uint8Array) => T): Promise<Asset<T>> {
    const file = this.#file(uri)
    const first = await file.bytes
    try {
      const consumer = new Consumer(load, file.latest ?? first)
      file.consumers.push(consumer)
      return consumer
    } catch (cause) {
      throw assetError(uri, `is refused: ${messageOf(cause)}`, { retryable: false, cause })
    }
  }

  /** Takes what the main thread sent. */
  receive(sent: AssetSent): void {
    const file = this.#files.get(sent.asset)
    if (file === undefined) return
    file.arrived(sent)
    if (!('bytes' in sent)) return
    file.latest = sent.bytes
    const refusal = swapAll(file.consumers, sent.bytes)
    if (refusal === null) return
    const uri = shownUri(sent.asset)
    this.#observe({ type: 'asset-failed', uri, reason: 'refused', error: refusal })
  }

  #file(uri: string): Received {
    const known = this.#files.get(uri)
    if (known !== undefined) return known
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
    const arrived = (sent: AssetSent) => {
      if ('bytes' in sent) return resolve(sent.bytes)
      const { code, message, retryable } = sent.error
      reject(new MillraceError(code, message, { retryable }))
    }
    const file = { bytes: promise, arrived, consumers: [], latest: null }
    this.#files.set(uri, file)
    this.#ask({ wanted: uri })
    return file
  }
}
