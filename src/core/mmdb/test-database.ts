/* Small MaxMind DB files, for tests only. */

export type TestValue = string | number | { readonly [member: string]: TestValue } | readonly TestValue[]

/** A database that says the same of every address. `data` are the bytes of its record, or a value to be written. */
export function testDatabase(
  data: TestValue | Uint8Array,
  { nodeCount = 1, ipVersion = 6 }: { readonly nodeCount?: number; readonly ipVersion?: 4 | 6 } = {},
): Uint8Array {
  // Both records of the only node point to the first byte of the data.
  const tree = Buffer.alloc(6)
  tree.writeUIntBE(17, 0, 3)
  tree.writeUIntBE(17, 3, 3)
  return Buffer.concat([
    tree,
    Buffer.alloc(16),
    data instanceof Uint8Array ? data : testValue(data),
    Buffer.from('\u00ab\u00cd\u00efMaxMind.com', 'latin1'),
    testValue({
      node_count: nodeCount,
      record_size: 24,
      ip_version: ipVersion,
      database_type: 'Test',
      binary_format_major_version: 2,
      binary_format_minor_version: 0,
    }),
  ])
}

/** As the format writes it: texts, doubles for fractions, 32 bits for whole numbers, maps and arrays. */
export function testValue(value: TestValue): Uint8Array {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value)
    return Buffer.concat([control(2, bytes.length), bytes])
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(Number.isInteger(value) && value < 2 ** 32 ? 4 : 8)
    if (bytes.length === 4) bytes.writeUInt32BE(value)
    else bytes.writeDoubleBE(value)
    return Buffer.concat([control(bytes.length === 4 ? 6 : 3, bytes.length), bytes])
  }
  if (isList(value)) return Buffer.concat([control(11, value.length), ...value.map(testValue)])
  const members = Object.entries(value)
  return Buffer.concat([
    control(7, members.length),
    ...members.flatMap(([name, one]) => [testValue(name), testValue(one)]),
  ])
}

function isList(value: TestValue): value is readonly TestValue[] {
  return Array.isArray(value)
}

function control(type: number, size: number): Uint8Array {
  const short = size < 29 ? size : size < 285 ? 29 : 30
  const more = short === 29 ? [size - 29] : short === 30 ? [(size - 285) >> 8, (size - 285) & 255] : []
  return type > 7 ? Uint8Array.of(short, type - 7, ...more) : Uint8Array.of((type << 5) | short, ...more)
}
