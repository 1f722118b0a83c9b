import { hash } from 'node:crypto'
import { hashKeyOf } from '../../streams/index.ts'
import { MalformedMessage, readFields, type Field } from './protobuf.ts'

/*
 * What the Kinesis Producer Library packs into one record:
 *
 *   F3 89 9A C2 | AggregatedRecord | MD5 of the AggregatedRecord
 *
 *   AggregatedRecord { repeated string partition_key_table = 1; repeated string explicit_hash_key_table = 2;
 *                      repeated Record records = 3 }
 *   Record           { uint64 partition_key_index = 1; optional uint64 explicit_hash_key_index = 2; bytes data = 3;
 *                      repeated Tag tags = 4 }
 *
 * Source: awslabs/amazon-kinesis-producer, aggregation-format.md.
 */

const magic = Buffer.from([0xf3, 0x89, 0x9a, 0xc2])
const digestBytes = 16

/** One record as its producer gave it. */
export interface UserRecord {
  readonly partitionKey: string
  readonly explicitHashKey?: string
  /** A view into the record that it came in. */
  readonly data: Uint8Array
}

/** The user records of an aggregate, in order. Absent when this is a plain record, or a damaged aggregate. */
export function readAggregate(record: Buffer): UserRecord[] | undefined {
  if (!looksAggregated(record)) return undefined
  const message = record.subarray(magic.length, -digestBytes)
  const digest = record.subarray(-digestBytes)
  if (hash('md5', message, 'buffer').compare(digest) !== 0) return undefined
  try {
    return userRecords(message)
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined
    throw error
  }
}

function looksAggregated(record: Buffer): boolean {
  return record.length >= magic.length + digestBytes && record.compare(magic, 0, 4, 0, 4) === 0
}

function userRecords(message: Uint8Array): UserRecord[] {
  const partitionKeys: string[] = []
  const hashKeys: string[] = []
  const records: Uint8Array[] = []
  for (const field of readFields(message)) {
    if (field.number === 1) partitionKeys.push(text(field))
    else if (field.number === 2) hashKeys.push(text(field))
    else if (field.number === 3) records.push(bytes(field))
  }
  return records.map(record => userRecord(record, partitionKeys, hashKeys))
}

function userRecord(record: Uint8Array, partitionKeys: string[], hashKeys: string[]): UserRecord {
  let partitionKey: string | undefined
  let explicitHashKey: string | undefined
  let data: Uint8Array | undefined
  for (const field of readFields(record)) {
    if (field.number === 1) partitionKey = entry(partitionKeys, field)
    else if (field.number === 2) explicitHashKey = entry(hashKeys, field)
    else if (field.number === 3) data = bytes(field)
  }
  if (partitionKey === undefined || data === undefined)
    throw new MalformedMessage('a record without key or data')
  return explicitHashKey === undefined ? { partitionKey, data } : { partitionKey, explicitHashKey, data }
}

function entry(table: readonly string[], field: Field): string {
  const found = field.wire === 'varint' ? table[field.value] : undefined
  if (found === undefined) throw new MalformedMessage('an index outside its table')
  return found
}

function bytes(field: Field): Uint8Array {
  if (field.wire !== 'bytes') throw new MalformedMessage(`field ${field.number} holds no bytes`)
  return field.value
}

function text(field: Field): string {
  return Buffer.from(bytes(field)).toString('utf8')
}

/** The hash key by which a producer meant to route a user record. */
export function hashKeyOfUserRecord({ partitionKey, explicitHashKey }: UserRecord): bigint {
  const explicit = explicitHashKey !== undefined && /^\d{1,39}$/.test(explicitHashKey)
  return explicit ? BigInt(explicitHashKey) : hashKeyOf(partitionKey)
}
