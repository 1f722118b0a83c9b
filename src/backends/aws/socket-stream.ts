import { request as requestHttp, type Agent, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { messageOf } from '../../lib/index.ts'
import type { HttpAnswer, Outgoing } from './socket-post.ts'

export interface StreamOptions {
  readonly agent: Agent
  /** From the call to the head of the answer, and then for a refusal to be read. */
  readonly answerMs: number
  readonly signal: AbortSignal
}

export type Streamed =
  /** Nobody reads ahead: what is not asked for waits in the socket. Destroy it when it is not needed any more. */
  | { readonly state: 'open'; readonly answer: IncomingMessage }
  | { readonly state: 'answered'; readonly answer: HttpAnswer }
  | { readonly state: 'failed'; readonly error: string }

// A refusal is short.
const maxRefusalBytes = 64 * 1024

/** Sends one request over HTTP/1.1, whose answer has no end in sight. Never throws. */
export async function openStream(
  { url, headers, body }: Outgoing,
  { agent, answerMs, signal }: StreamOptions,
): Promise<Streamed> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  const sent = request(url, { method: 'POST', headers, agent, signal })
  const timer = setTimeout(() => sent.destroy(new Error(`no answer in ${answerMs} ms`)), answerMs)
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      // It stays: an abort after the answer is an error of the request, too.
      sent.on('error', reject).once('response', resolve).end(body)
    })
    // Whoever reads hears of it; until then nobody listens.
    answer.on('error', () => {})
    if (answer.statusCode === 200) return { state: 'open', answer }
    const { statusCode: status = 0, headers } = answer
    return { state: 'answered', answer: { status, headers, body: await refusalIn(answer) } }
  } catch (error) {
    return { state: 'failed', error: messageOf(error) }
  } finally {
    clearTimeout(timer)
  }
}

async function refusalIn(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer) {
    bytes += chunk.length
    if (bytes > maxRefusalBytes) break
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
