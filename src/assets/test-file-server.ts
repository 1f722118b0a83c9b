import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

/** What a server says next. */
export interface ServedFile {
  readonly bytes: Uint8Array | string
  readonly etag?: string
  readonly lastModified?: string
}

/** One file over HTTP, for tests: what is served can change, and every request is kept. */
export class TestFileServer {
  /** A number is a status without a file. */
  file: ServedFile | number
  /** What the next request is told of where its bucket is. */
  redirectRegion: string | undefined
  readonly requests: {
    readonly method: string
    readonly headers: IncomingHttpHeaders
    readonly path: string
    readonly status: number
  }[] = []
  readonly #server: Server

  constructor(file: ServedFile | number) {
    this.file = file
    this.#server = createServer((request, response) => {
      const status = this.#answer(request.headers, response)
      const { method = '', url = '', headers } = request
      this.requests.push({ method, headers, path: url, status })
    })
  }

  #answer(headers: IncomingHttpHeaders, response: ServerResponse): number {
    const { file, redirectRegion } = this
    if (redirectRegion !== undefined) {
      this.redirectRegion = undefined
      response.writeHead(301, { 'x-amz-bucket-region': redirectRegion }).end()
      return 301
    }
    if (typeof file === 'number') {
      response.writeHead(file).end('no')
      return file
    }
    const { bytes, etag, lastModified } = file
    const same =
      (etag !== undefined && headers['if-none-match'] === etag) ||
      (lastModified !== undefined && headers['if-modified-since'] === lastModified)
    response.writeHead(same ? 304 : 200, {
      ...(etag !== undefined && { etag }),
      ...(lastModified !== undefined && { 'last-modified': lastModified }),
    })
    response.end(same ? undefined : bytes)
    return same ? 304 : 200
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get statuses(): number[] {
    return this.requests.map(({ status }) => status)
  }

  async listen(port = 0): Promise<void> {
    await new Promise<void>(resolve => this.#server.listen(port, '127.0.0.1', resolve))
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>(resolve => this.#server.close(() => resolve()))
  }
}

export async function serveFile(context: TestContext, file: ServedFile | number): Promise<TestFileServer> {
  const server = new TestFileServer(file)
  await server.listen()
  context.after(() => server.close())
  return server
}
