import type { IncomingMessage } from 'node:http'
import { EventMessages, type EventMessage } from './event-stream.ts'

/**
 * The answer to one SubscribeToShard. Nothing is read that is not asked for: an event that nobody wants yet waits in the
 * socket, and then at the sender, so a slow worker holds a few kilobytes for each shard.
 */
export class Subscription {
  readonly #answer: IncomingMessage
  readonly #messages = new EventMessages()

  constructor(answer: IncomingMessage) {
    this.#answer = answer
    // Whoever listens for this asks for each chunk: the stream stands still otherwise.
    answer.on('readable', () => {})
  }

  /** False when nothing came for `ms`. True when there is something to read, at the end, and when the signal aborts. */
  async awaken(ms: number, signal: AbortSignal): Promise<boolean> {
    while (!this.#pull() && !this.#over && !signal.aborted)
      if (!(await this.#change(ms, signal))) return false
    return true
  }

  /** The next message; absent at the end, after `ms` of silence, and when the signal aborts. Throws a SyntaxError. */
  async next(ms: number, signal: AbortSignal): Promise<EventMessage | undefined> {
    for (;;) {
      const message = this.#messages.next()
      if (message !== undefined) return message
      if (!(await this.#more(ms, signal))) return undefined
    }
  }

  close(): void {
    this.#answer.destroy()
  }

  get #over(): boolean {
    return this.#answer.readableEnded || this.#answer.destroyed
  }

  /** Takes what has arrived. True when there is something that was not looked at. */
  #pull(): boolean {
    if (!this.#messages.empty) return true
    return this.#take()
  }

  #take(): boolean {
    const chunk: unknown = this.#answer.read()
    if (Buffer.isBuffer(chunk)) this.#messages.push(chunk)
    return Buffer.isBuffer(chunk)
  }

  async #more(ms: number, signal: AbortSignal): Promise<boolean> {
    while (!this.#take()) {
      if (this.#over || signal.aborted || !(await this.#change(ms, signal))) return false
    }
    return true
  }

  /** False when nothing happened for `ms`. */
  #change(ms: number, signal: AbortSignal): Promise<boolean> {
    const answer = this.#answer
    return new Promise(resolve => {
      const end = (changed: boolean) => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        for (const event of events) answer.off(event, done)
        resolve(changed)
      }
      const done = () => end(true)
      const timer = setTimeout(() => end(false), ms)
      signal.addEventListener('abort', done, { once: true })
      for (const event of events) answer.on(event, done)
      if (signal.aborted) done()
    })
  }
}

const events = ['readable', 'end', 'close', 'error'] as const
