import { hash } from 'node:crypto'
import { md2 } from './md2.ts'

/** As Snowplow's configurations call them. */
export const hashFunctions = ['MD2', 'MD5', 'SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'] as const
export type HashFunction = (typeof hashFunctions)[number]

/** What takes the place of personal data: the same for the same value and salt, in lower-case hexadecimal digits. */
export type Pseudonym = (value: string) => string

const digests: Readonly<Record<HashFunction, (text: string) => string>> = {
  MD2: text => md2(Buffer.from(text)),
  MD5: text => hash('md5', text),
  'SHA-1': text => hash('sha1', text),
  'SHA-256': text => hash('sha256', text),
  'SHA-384': text => hash('sha384', text),
  'SHA-512': text => hash('sha512', text),
}

export function pseudonyms(hashFunction: HashFunction, salt: string): Pseudonym {
  const digest = digests[hashFunction]
  return value => digest(value + salt)
}

export function isHashFunction(name: unknown): name is HashFunction {
  return hashFunctions.some(known => known === name)
}
