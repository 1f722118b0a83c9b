import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

export interface TestOutside {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  /** `METHOD path body` of every request, in their order. */
  readonly requests: readonly string[]
  readonly headers: readonly NodeJS.Dict<string | string[]>[]
  stop(): Promise<void>
}

/** A server on loopback that answers as a test says. */
export async function startOutside(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<TestOutside> {
  const requests: string[] = []
  const headers: NodeJS.Dict<string | string[]>[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece))
    request.on('end', () => {
      requests.push(`${request.method} ${request.url} ${body}`.trimEnd())
      headers.push(request.headers)
      answer(request, response, body)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    headers,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Sends a JSON, with a status other than 200 if wanted. */
export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}
