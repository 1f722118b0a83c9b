import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { AwsError } from '../aws-error.ts'

const sums: Readonly<Record<string, (data: Buffer) => string>> = {
  'x-amz-checksum-crc32': data => {
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(data))
    return sum.toString('base64')
  },
  'x-amz-checksum-sha1': data => createHash('sha1').update(data).digest('base64'),
  'x-amz-checksum-sha256': data => createHash('sha256').update(data).digest('base64'),
  'content-md5': data => createHash('md5').update(data).digest('base64'),
}

/**
 * The checksum that came with the data, to be given back with them. Throws BadDigest when it is wrong. CRC32C and
 * CRC64NVME are taken on trust.
 */
export function checkedSum(
  data: Buffer,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Readonly<Record<string, string>> {
  const claimed = Object.entries(headers).filter(
    ([name]) => name.startsWith('x-amz-checksum-') || name in sums,
  )
  for (const [name, value] of claimed) {
    const sum = sums[name]?.(data)
    if (sum !== undefined && sum !== value) {
      throw new AwsError('BadDigest', `The ${name} you specified did not match the calculated checksum.`)
    }
  }
  const kept = claimed.filter(([name]) => /^x-amz-checksum-(crc|sha)/.test(name))
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]))
}

export function md5(data: Buffer): Buffer {
  return createHash('md5').update(data).digest()
}
