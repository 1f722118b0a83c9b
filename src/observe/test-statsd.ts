import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { TestContext } from 'node:test'

/** A StatsD server on loopback that keeps what it is sent. For tests only. */
export interface TestStatsd {
  readonly port: number
  readonly datagrams: readonly string[]
  /** `name:value|type…`, one for each metric. */
  lines(): string[]
  /** Resolves with the next datagram. */
  more(): Promise<void>
  /** Resolves when a line like this has come. */
  came(line: RegExp): Promise<void>
  /** Of a counter, of all that came. */
  sum(name: string): number
}

/** `port` 0: any that is free. */
export async function startTestStatsd(t: TestContext, port = 0): Promise<TestStatsd> {
  const server = createSocket('udp4')
  const datagrams: string[] = []
  server.on('message', message => void datagrams.push(message.toString()))
  server.bind(port, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const lines = () => datagrams.flatMap(datagram => datagram.split('\n'))
  const more = async () => {
    await once(server, 'message')
  }
  return {
    port: server.address().port,
    datagrams,
    lines,
    more,
    async came(line) {
      while (!lines().some(one => line.test(one))) await more()
    },
    sum: name =>
      lines()
        .filter(line => line.startsWith(`${name}:`))
        .reduce((sum, line) => sum + Number(/:(-?\d+)\|c/.exec(line)?.[1]), 0),
  }
}

/** A UDP port that nobody listens on. */
export async function closedPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}
