import type { HashFunction } from './pseudonym.ts'

/** What pseudonyms have replaced in one event. Source of the names: pii_transformation/1-0-0. */
export interface Modifications {
  readonly hashFunction: HashFunction
  readonly pojo: readonly ScalarModification[]
  readonly json: readonly JsonModification[]
}

export interface ScalarModification {
  readonly fieldName: string
  readonly originalValue: string
  readonly modifiedValue: string
}

export interface JsonModification extends ScalarModification {
  readonly jsonPath: string
  /** The schema of the self-describing JSON that held the value. */
  readonly schema: string
}
