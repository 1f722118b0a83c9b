import { createSecureContext } from 'node:tls'
import { messageOf, MillraceError, readSmallFile } from '../lib/index.ts'
import type { CollectorConfig } from './config.ts'

export type TlsFiles = NonNullable<CollectorConfig['tls']>

/** What Node's HTTPS server takes. */
export interface KeyPair {
  readonly cert: Buffer
  readonly key: Buffer
}

/** Reads certificate and key, and tries them: a server would refuse each visitor instead. Throws a MillraceError. */
export function readKeyPair({ certificate, privateKey }: TlsFiles): KeyPair {
  const pair = { cert: read('certificate', certificate), key: read('privateKey', privateKey) }
  try {
    createSecureContext(pair)
    return pair
  } catch (cause) {
    const files = `${certificate} and ${privateKey}`
    throw refusal(`collector.tls: ${files} are no certificate with its key: ${messageOf(cause)}`, cause)
  }
}

function read(field: keyof TlsFiles, path: string): Buffer {
  try {
    return readSmallFile(path)
  } catch (cause) {
    throw refusal(`collector.tls.${field}: ${messageOf(cause)}`, cause)
  }
}

function refusal(what: string, cause: unknown): MillraceError {
  const message = `${what}; name PEM files that this user may read, or leave collector.tls out`
  return new MillraceError('config', message, { retryable: false, cause })
}
