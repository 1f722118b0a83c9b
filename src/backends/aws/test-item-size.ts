import type { LeaseItem } from './lease-item.ts'

/** Bytes of an item as DynamoDB counts them, numbers rounded up. Source: DynamoDB Developer Guide, item sizes. */
export function marshalledBytes(item: LeaseItem): number {
  return Object.entries(item).reduce((sum, [name, value]) => {
    const { S = '', N = '', SS = [], B } = value
    return sum + name.length + [S, N, ...SS].join('').length + (B?.length ?? 0)
  }, 0)
}
