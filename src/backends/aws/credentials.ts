import type { KinesisClientConfig } from '@aws-sdk/client-kinesis'
import { defaultProvider } from '@aws-sdk/credential-provider-node'

/**
 * Credentials by the SDK's chain, where a file is read anew each time: the SDK reads it once in a process's life, and
 * whoever rewrites it before they expire would rewrite it in vain. Options of a client.
 */
export const freshCredentials: Pick<KinesisClientConfig, 'credentialDefaultProvider'> = {
  credentialDefaultProvider: options => defaultProvider({ ...options, ignoreCache: true }),
}
