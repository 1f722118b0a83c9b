import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** What a scripted service does with a request. */
export type Answer =
  | { readonly status?: number; readonly json: unknown; readonly date?: number }
  /** Raw bytes, as a proxy may answer. */
  | { readonly status: number; readonly text: string }
  /** The connection breaks after the request has arrived. */
  | 'reset'
  /** No answer ever comes. */
  | 'silence'
  /** An answer begins and does not go on. */
  | 'half'

export interface Asked {
  readonly operation: string
  readonly input: Record<string, unknown>
}

export type Script = (asked: Asked) => Answer

export interface TestService {
  readonly endpoint: string
  /** Everything that was asked, in order. */
  readonly asked: readonly Asked[]
  close(): Promise<void>
}

/** An HTTP server on loopback that answers as a test says. */
export async function startService(script: Script): Promise<TestService> {
  const asked: Asked[] = []
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', part => parts.push(part))
    request.on('end', () => {
      const [, operation = ''] = String(request.headers['x-amz-target']).split('.')
      const one = { operation, input: JSON.parse(Buffer.concat(parts).toString() || '{}') }
      asked.push(one)
      respond(response, script(one))
    })
  })
  server.on('connection', socket => sockets.add(socket))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    asked,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

function respond(response: ServerResponse, answer: Answer): void {
  if (answer === 'silence') return
  if (answer === 'half') return void response.writeHead(200, { 'content-length': 1000 }).write('{')
  if (answer === 'reset') return void response.socket?.destroy()
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    ...('date' in answer && answer.date !== undefined && { date: new Date(answer.date).toUTCString() }),
  }
  response.writeHead(answer.status ?? 200, headers)
  response.end('json' in answer ? JSON.stringify(answer.json) : answer.text)
}

/** A no, as AWS words it. */
export function no(type: string, status = 400): Answer {
  return { status, json: { __type: type, message: `${type} it is` } }
}
