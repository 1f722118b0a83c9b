import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import dynalite from 'dynalite'

/** What becomes of a request on its way. `reply-lost`: it takes effect, and nobody is told. */
export type Fate =
  'pass' | 'reply-lost' | 'never-answered' | 'reset' | { readonly status: number; readonly type: string }

// A double that looks at no credentials still wants to be sent some.
process.env['AWS_ACCESS_KEY_ID'] ??= 'local'
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'local'
process.env['AWS_REGION'] ??= 'eu-west-1'

/** A DynamoDB on a free port of this machine, behind a network that can be made to fail, and that counts. */
export class TestDynamo {
  readonly endpoint: string
  /** Asked for every request, with the name of its operation. */
  fate: (operation: string) => Fate = () => 'pass'
  /** Requests so far, by the name of their operation. */
  readonly counts = new Map<string, number>()
  readonly #servers: readonly Server[]

  constructor(endpoint: string, servers: readonly Server[]) {
    this.endpoint = endpoint
    this.#servers = servers
  }

  static async start(): Promise<TestDynamo> {
    const database = dynalite({ createTableMs: 20, deleteTableMs: 20, updateTableMs: 20 })
    const databasePort = await listen(database)
    const network = createServer((incoming, reply) => void dynamo.#pass(incoming, reply, databasePort))
    const dynamo: TestDynamo = new TestDynamo(`http://127.0.0.1:${await listen(network)}`, [
      network,
      database,
    ])
    return dynamo
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    }
  }

  async #pass(incoming: IncomingMessage, reply: ServerResponse, port: number): Promise<void> {
    const operation = String(incoming.headers['x-amz-target']).split('.')[1] ?? ''
    this.counts.set(operation, (this.counts.get(operation) ?? 0) + 1)
    const fate = this.fate(operation)
    const body = await buffer(incoming)
    if (fate === 'never-answered') return
    if (fate === 'reset') return void incoming.socket.destroy()
    if (typeof fate === 'object') return refuse(reply, fate)
    const { method, url, headers } = incoming
    const outgoing = request({ host: '127.0.0.1', port, method, path: url, headers }).end(body)
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
    const answered = await buffer(answer)
    if (fate === 'reply-lost') return void incoming.socket.destroy()
    reply.writeHead(answer.statusCode ?? 500, answer.headers).end(answered)
  }
}

function refuse(reply: ServerResponse, { status, type }: { status: number; type: string }): void {
  const body = JSON.stringify({
    __type: `com.amazonaws.dynamodb.v20120810#${type}`,
    message: 'as the test wants it',
  })
  reply.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(body)
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
