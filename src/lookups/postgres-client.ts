import type { Duplex } from 'node:stream'
import type pg from 'pg'
import { messageOf } from '../lib/index.ts'

/**
 * The driver's client, whom no server can hurt: where a message is broken the driver's parser throws, in the middle of
 * reading the socket, where nobody would catch it and the thread would end. Here the connection breaks instead.
 */
export function sturdyClient({ Client }: typeof pg): typeof pg.Client {
  return class extends Client {
    constructor(config?: string | pg.ClientConfig) {
      super(config)
      const { connection } = this
      guard(connection.stream)
      // With TLS it is read through another stream from then on.
      connection.on('sslconnect', () => guard(connection.stream))
    }
  }
}

function guard(stream: Duplex): void {
  const emit = stream.emit.bind(stream)
  stream.emit = (event: string | symbol, ...values: unknown[]): boolean => {
    if (event !== 'data') return emit(event, ...values)
    try {
      return emit(event, ...values)
    } catch (error) {
      stream.destroy(new Error(`it does not speak as PostgreSQL does: ${messageOf(error)}`))
      return true
    }
  }
}
