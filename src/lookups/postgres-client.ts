import type { Duplex } from 'node:stream'
import type pg from 'pg'
import { messageOf } from '../lib/index.ts'
import { MessageCheck } from './postgres-messages.ts'

/**
 * The driver's client, whom no server can hurt. Where a message is broken the driver's parser throws, in the middle of
 * reading the socket, where nobody would catch it and the thread would end; or it never ends. Here the connection
 * breaks instead.
 */
export function sturdyClient({ Client }: typeof pg): typeof pg.Client {
  return class extends Client {
    constructor(config?: string | pg.ClientConfig) {
      super(config)
      const { connection } = this
      // With TLS the messages come through another stream, once it is spoken.
      if (this.ssl) connection.on('sslconnect', () => guard(connection.stream))
      else guard(connection.stream)
    }
  }
}

function guard(stream: Duplex): void {
  const check = new MessageCheck()
  const emit = stream.emit.bind(stream)
  const broken = (why: string): boolean => {
    stream.destroy(new Error(`it does not speak as PostgreSQL does: ${why}`))
    return true
  }
  stream.emit = (event: string | symbol, ...values: unknown[]): boolean => {
    const [piece] = values
    if (event !== 'data' || !Buffer.isBuffer(piece)) return emit(event, ...values)
    const problem = check.problemIn(piece)
    if (problem !== undefined) return broken(problem)
    try {
      return emit(event, ...values)
    } catch (error) {
      return broken(messageOf(error))
    }
  }
}
