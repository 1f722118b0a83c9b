import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { MillraceError } from '../lib/index.ts'

export interface DynamoLocal {
  readonly endpoint: string
  close(): Promise<void>
}

/** A DynamoDB in this process, in memory, on loopback: dynalite, which has to be installed. */
export async function startDynamoLocal(): Promise<DynamoLocal> {
  const { default: dynalite } = await import('dynalite').catch((cause: unknown) => {
    const message = 'cannot play DynamoDB: the package dynalite is not installed; npm install dynalite'
    throw new MillraceError('config', message, { retryable: false, cause })
  })
  const server = dynalite({ createTableMs: 0 })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
