import { LRUCache } from 'lru-cache'
import { membersOf, type Members } from '../../lib/index.ts'
import { MmdbDatabase } from './database.ts'
import type { Wanted } from './data-section.ts'

// A city database has some hundred thousand records; those that visitors come from are fewer.
const maxRecords = 20_000

export interface LookupOptions<T extends object> {
  /** The parts of a record that `make` looks at. */
  readonly wanted: Wanted
  /** What is kept of a record; null when it says nothing. */
  readonly make: (record: Members) => T | null
}

/** A database, and what has lately been read of it: a record is decoded once for all of its addresses. */
export class MmdbLookup<T extends object> {
  readonly database: MmdbDatabase
  readonly #options: LookupOptions<T>
  readonly #made = new LRUCache<number, { readonly value: T | null }>({ max: maxRecords })

  /** Throws a RangeError that says what is wrong with the file. */
  constructor(bytes: Uint8Array, options: LookupOptions<T>) {
    this.database = new MmdbDatabase(bytes)
    this.#options = options
  }

  /** The address is 4 or 16 bytes. A record that turns out to be broken says nothing. */
  find(address: Uint8Array): T | null {
    const offset = this.database.find(address)
    if (offset === null) return null
    const known = this.#made.get(offset)
    if (known !== undefined) return known.value
    const value = this.#make(offset)
    this.#made.set(offset, { value })
    return value
  }

  #make(offset: number): T | null {
    const { make, wanted } = this.#options
    try {
      return make(membersOf(this.database.read(offset, wanted)))
    } catch (error) {
      if (error instanceof RangeError) return null
      throw error
    }
  }
}
