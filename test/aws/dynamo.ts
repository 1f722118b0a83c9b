import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import dynalite from 'dynalite'
import type { LeaseItem } from '../../src/backends/aws/index.ts'

// A double that looks at no credentials still wants to be sent some.
process.env['AWS_ACCESS_KEY_ID'] ??= 'local'
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'local'
process.env['AWS_REGION'] ??= 'eu-west-1'

/** What becomes of a request on its way. `reply-lost`: it takes effect, and nobody is told. */
export type Fate =
  'pass' | 'reply-lost' | 'never-answered' | 'reset' | { readonly status: number; readonly type: string }

export interface SeenRequest {
  readonly operation: string
  readonly body: Record<string, unknown>
}

/** A lease as an update left it. */
export interface AppliedWrite {
  readonly shardId: string
  readonly owner: string | undefined
  readonly counter: number
  /** By this process's monotonic clock, a moment after it was applied. */
  readonly at: number
}

/** A DynamoDB on this machine. */
export class TestDynamo {
  /** Every update of a lease that was applied, in this order, whatever became of its reply. */
  readonly applied: AppliedWrite[] = []
  readonly #database: Server
  readonly #port: number
  readonly #networks: TestNetwork[] = []

  constructor(database: Server, port: number) {
    this.#database = database
    this.#port = port
  }

  static async start(): Promise<TestDynamo> {
    const database = dynalite({ createTableMs: 20, deleteTableMs: 20, updateTableMs: 20 })
    return new TestDynamo(database, await listen(database))
  }

  /** Another way there, that can be made to fail by itself. */
  async network(): Promise<TestNetwork> {
    const network = await TestNetwork.open(this.#port, this.applied)
    this.#networks.push(network)
    return network
  }

  async stop(): Promise<void> {
    for (const network of this.#networks) await network.close()
    await close(this.#database)
  }
}

/** A way to the database that can be made to fail, and that keeps what passed. */
export class TestNetwork {
  readonly endpoint: string
  readonly requests: SeenRequest[] = []
  /** Asked for every request, with the name of its operation. */
  fate: (operation: string) => Fate = () => 'pass'
  readonly #server: Server
  readonly #applied: AppliedWrite[]

  constructor(server: Server, port: number, applied: AppliedWrite[]) {
    this.#server = server
    this.#applied = applied
    this.endpoint = `http://127.0.0.1:${port}`
  }

  static async open(databasePort: number, applied: AppliedWrite[]): Promise<TestNetwork> {
    const server = createServer((incoming, reply) => {
      // Whoever asked has given up.
      network.#pass(incoming, reply, databasePort).catch(() => incoming.socket.destroy())
    })
    const network: TestNetwork = new TestNetwork(server, await listen(server), applied)
    return network
  }

  /** Of updates that tell what they have left, as all of ours do. */
  #keep(answer: Buffer): void {
    const { Attributes } = JSON.parse(answer.toString()) as { Attributes?: LeaseItem }
    if (Attributes === undefined) return
    const { leaseKey, leaseOwner, leaseCounter } = Attributes
    const counter = Number(leaseCounter?.N)
    this.#applied.push({ shardId: leaseKey?.S ?? '', owner: leaseOwner?.S, counter, at: performance.now() })
  }

  count(operation: string): number {
    return this.requests.filter(request => request.operation === operation).length
  }

  close(): Promise<void> {
    return close(this.#server)
  }

  async #pass(incoming: IncomingMessage, reply: ServerResponse, port: number): Promise<void> {
    const operation = String(incoming.headers['x-amz-target']).split('.')[1] ?? ''
    const body = await buffer(incoming)
    this.requests.push({ operation, body: JSON.parse(body.toString()) as Record<string, unknown> })
    const fate = this.fate(operation)
    if (fate === 'never-answered') return
    if (fate === 'reset') return void incoming.socket.destroy()
    if (typeof fate === 'object') return refuse(reply, fate)
    const { method, url, headers } = incoming
    const outgoing = request({ host: '127.0.0.1', port, method, path: url, headers }).end(body)
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
    const answered = await buffer(answer)
    if (operation === 'UpdateItem' && answer.statusCode === 200) this.#keep(answered)
    if (fate === 'reply-lost') return void incoming.socket.destroy()
    reply.writeHead(answer.statusCode ?? 500, answer.headers).end(answered)
  }
}

function refuse(reply: ServerResponse, { status, type }: { status: number; type: string }): void {
  const body = { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'as the test wants it' }
  reply.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body))
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function close(server: Server): Promise<void> {
  const closed = new Promise(resolve => server.close(resolve))
  server.closeAllConnections()
  await closed
}
