import { outputKinds, type OutputRecord } from '../streams/index.ts'

export interface RequestLimits {
  readonly maxRequestRecords: number
  /** Of data and partition keys together. */
  readonly maxRequestBytes: number
}

/** Cuts outputs into requests: each of one kind, in order, and within the limits. */
export function requestsOf(outputs: readonly OutputRecord[], limits: RequestLimits): OutputRecord[][] {
  return outputKinds.flatMap(kind =>
    cut(
      outputs.filter(output => output.kind === kind),
      limits,
    ),
  )
}

function cut(records: readonly OutputRecord[], limits: RequestLimits): OutputRecord[][] {
  const requests: OutputRecord[][] = []
  let bytes = 0
  for (const record of records) {
    const size = record.data.byteLength + Buffer.byteLength(record.partitionKey)
    const request = requests.at(-1)
    const fits = request !== undefined && request.length < limits.maxRequestRecords
    if (fits && bytes + size <= limits.maxRequestBytes) {
      request.push(record)
      bytes += size
    } else {
      requests.push([record])
      bytes = size
    }
  }
  return requests
}
