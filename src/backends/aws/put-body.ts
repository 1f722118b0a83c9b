/** One entry of a PutRecords request. */
export interface PutEntry {
  readonly partitionKey: string
  /** Decimal; the MD5 of the partition key routes when absent. */
  readonly explicitHashKey?: string
  readonly data: Uint8Array
}

// Kinesis refuses more than 500 records per PutRecords call.
export const maxPutRecords = 500
/** Data and partition keys of one request together. Source: Kinesis API, PutRecords. */
export const maxPutBytes = 10 * 1024 * 1024

/**
 * The JSON body of a PutRecords request, written straight into its bytes: `npm run bench -- kinesis`.
 */
export function putRecordsBody(stream: string, entries: readonly PutEntry[]): Buffer {
  const head = `{"StreamName":${JSON.stringify(stream)},"Records":[`
  const tails = entries.map(tail)
  const body = Buffer.allocUnsafe(sizeOf(head, entries, tails))
  let at = body.write(head, 0)
  for (const [i, { data }] of entries.entries()) {
    at += body.write(i === 0 ? '{"Data":"' : ',{"Data":"', at, 'latin1')
    at += body.write(base64(data), at, 'latin1')
    at += body.write(tails[i] ?? '', at)
  }
  at += body.write(']}', at, 'latin1')
  return body.subarray(0, at)
}

function tail({ partitionKey, explicitHashKey }: PutEntry): string {
  const hashKey = explicitHashKey === undefined ? '' : `"ExplicitHashKey":"${explicitHashKey}",`
  return `",${hashKey}"PartitionKey":${JSON.stringify(partitionKey)}}`
}

function sizeOf(head: string, entries: readonly PutEntry[], tails: readonly string[]): number {
  // UTF-8 takes three bytes at most for each UTF-16 unit.
  let size = head.length * 3 + 2
  for (const { data } of entries) size += 10 + Math.ceil(data.length / 3) * 4
  for (const text of tails) size += text.length * 3
  return size
}

function base64(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')
}
