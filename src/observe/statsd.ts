import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { messageOf, systemClock } from '../lib/index.ts'
import type { Observe } from './events.ts'
import type { ReportSink } from './report.ts'
import type { Sample } from './reported.ts'

export interface StatsdOptions {
  readonly hostname: string
  readonly port: number
  /** On every metric. */
  readonly tags: Readonly<Record<string, string>>
  /** When nobody has complained for so long of what was sent, it works again. */
  readonly quietMs?: number | undefined
  readonly observe: Observe
}

// That a host of the same network is not there is known after three seconds.
const usualQuietMs = 10_000

/** What fits into one packet of an Ethernet: 1500 bytes without the headers of IPv6 and UDP, and some for tunnels. */
const datagramBytes = 1400

/**
 * Sends metrics to a StatsD server over UDP, tags in the form of DogStatsD. The name of the host is resolved before
 * each report, for in a cluster it may move. A host that is not there costs a report, is told once, and once more when
 * it is back; a closed port is known by the answer to what was sent there.
 */
export class StatsdSink implements ReportSink {
  readonly #options: StatsdOptions
  #socket: Socket | undefined
  #address: string | undefined
  #failing = false
  /** When something was sent first by this socket, of the monotonic clock. */
  #sentAt: number | undefined
  #closed = false

  constructor(options: StatsdOptions) {
    this.#options = options
  }

  async open(): Promise<void> {
    const { hostname, quietMs = usualQuietMs } = this.#options
    if (this.#sentAt !== undefined && systemClock.monotonic() - this.#sentAt >= quietMs) this.#recovered()
    try {
      // Java does so too: a server that listens on 127.0.0.1 alone is `localhost` to everybody.
      const { address, family } = await lookup(hostname, { order: 'ipv4first' })
      if (this.#closed || (this.#socket !== undefined && this.#address === address)) return
      this.#drop()
      this.#socket = await this.#connect(address, family)
      this.#address = address
      if (this.#closed) this.#drop()
    } catch (error) {
      this.#failed(error)
    }
  }

  async send(samples: readonly Sample[]): Promise<boolean> {
    const socket = this.#socket
    if (socket === undefined) return false
    try {
      const lines = samples.map(sample => statsdLine(sample, this.#options.tags))
      for (const datagram of packLines(lines, datagramBytes)) await sendOn(socket, datagram)
      this.#sentAt ??= systemClock.monotonic()
      return true
    } catch (error) {
      this.#failed(error)
      return false
    }
  }

  close(): void {
    this.#closed = true
    this.#drop()
  }

  async #connect(address: string, family: number): Promise<Socket> {
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
    socket.unref()
    socket.connect(this.#options.port, address)
    try {
      await once(socket, 'connect')
    } catch (error) {
      socket.close()
      throw error
    }
    socket.on('error', error => {
      if (this.#socket === socket) this.#failed(error)
    })
    return socket
  }

  #failed(error: unknown): void {
    this.#drop()
    if (this.#failing || this.#closed) return
    this.#failing = true
    this.#options.observe({ type: 'metrics-failed', to: this.#to(), error: messageOf(error) })
  }

  #recovered(): void {
    if (!this.#failing) return
    this.#failing = false
    this.#options.observe({ type: 'metrics-recovered', to: this.#to() })
  }

  #drop(): void {
    const socket = this.#socket
    this.#socket = undefined
    this.#sentAt = undefined
    socket?.close()
  }

  #to(): string {
    return `${this.#options.hostname}:${this.#options.port}`
  }
}

/** `snowplow.enrich.raw:42|c|#app:enrich,env:prod` */
function statsdLine({ name, kind, value }: Sample, tags: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(tags).map(([key, text]) => `${key}:${text}`)
  const tagged = pairs.length === 0 ? '' : `|#${pairs.join(',')}`
  return `${name}:${Math.round(value)}|${kind === 'counter' ? 'c' : 'g'}${tagged}`
}

/** As few datagrams as hold these lines, none of them longer than this unless a single line is. */
function packLines(lines: readonly string[], maxBytes: number): string[] {
  const datagrams: string[] = []
  for (const line of lines) {
    const longer = `${datagrams.at(-1) ?? ''}\n${line}`
    if (datagrams.length > 0 && Buffer.byteLength(longer) <= maxBytes)
      datagrams[datagrams.length - 1] = longer
    else datagrams.push(line)
  }
  return datagrams
}

function sendOn(socket: Socket, datagram: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(datagram, error => (error ? reject(error) : resolve()))
  })
}
