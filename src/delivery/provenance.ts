import { hash } from 'node:crypto'
import type { WrittenProvenance } from '../streams/index.ts'

/** Says which output of which input a record is, whoever wrote it: everything but the epoch. */
export type OutputIdentity = Omit<WrittenProvenance, 'epoch'>

/** A text that two records share exactly when they are copies. Injective: names are quoted, numbers need no quotes. */
export function provenanceKey(identity: OutputIdentity): string {
  const { application, stream, shardId, sequence, subSequence, index, output } = identity
  return JSON.stringify([application, stream, shardId, sequence, subSequence, index, output])
}

/** 128 bits of a key as 16 characters below 256. MD5 spreads well and is fast; nothing here is a secret to be kept. */
export function provenanceHash(identity: OutputIdentity): string {
  return hash('md5', provenanceKey(identity), 'binary')
}
