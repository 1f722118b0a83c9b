import { noise } from './fault-plan.ts'

interface Put {
  readonly Records: readonly unknown[]
}

interface PutAnswer {
  readonly FailedRecordCount: number
  readonly Records: readonly unknown[]
}

/** A PutRecords of which some entries never arrive. */
export interface PartialPut {
  /** What does arrive; undefined when nothing is left. */
  readonly body: Buffer | undefined
  /** The answer to what arrived, made an answer to all. */
  readonly answer: (arrived: Buffer | undefined) => Buffer
}

// The two codes that AWS documents for an entry.
const codes = ['InternalFailure', 'ProvisionedThroughputExceededException'] as const

/** Splits a PutRecords. Which entries fail, and how, follows from the numbers alone. */
export function partialPut(body: Buffer, share: number, numbers: readonly number[]): PartialPut {
  const put = JSON.parse(body.toString()) as Put
  const failed = put.Records.map((_, index) => noise(...numbers, index, 2) < share)
  const kept = put.Records.filter((_, index) => failed[index] !== true)
  return {
    body: kept.length === 0 ? undefined : Buffer.from(JSON.stringify({ ...put, Records: kept })),
    answer: arrived => {
      const nothing = { FailedRecordCount: 0, Records: [] }
      const said = arrived === undefined ? nothing : (JSON.parse(arrived.toString()) as PutAnswer)
      let next = 0
      const Records = failed.map((fails, index) =>
        fails ? failure(noise(...numbers, index, 3)) : said.Records[next++],
      )
      const FailedRecordCount = said.FailedRecordCount + put.Records.length - kept.length
      return Buffer.from(JSON.stringify({ ...said, FailedRecordCount, Records }))
    },
  }
}

function failure(chance: number): object {
  const ErrorCode = codes[Math.floor(chance * codes.length)]
  return { ErrorCode, ErrorMessage: `${ErrorCode}: the fault proxy lets this entry fail` }
}
