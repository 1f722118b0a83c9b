import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import type { SqlDatabase } from '../core/index.ts'

export interface TestPooler {
  readonly connection: SqlDatabase
  /** Connections that were refused. */
  readonly refused: () => number
  close(): Promise<void>
}

/** Before a PostgreSQL, and like PgBouncer in one thing: it refuses who asks for a `statement_timeout`. */
export async function startPooler(database: SqlDatabase): Promise<TestPooler> {
  const sockets = new Set<Socket>()
  let refused = 0
  const server = createServer(socket => {
    keep(socket)
    socket.once('data', startup => {
      if (startup.includes('statement_timeout')) {
        refused++
        socket.end(refusal('unsupported startup parameter: statement_timeout'))
        return
      }
      const onward = connect(database.port ?? 5432, database.host)
      keep(onward)
      onward.write(startup)
      socket.pipe(onward).pipe(socket)
    })
  })
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    connection: { ...database, port },
    refused: () => refused,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** A message of kind E: its length, fields by a letter each, an empty one at the end. */
function refusal(message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C08P01\0M${message}\0\0`)
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, fields])
}
