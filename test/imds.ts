import { createHash, createHmac, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** The metadata service of an instance, version 2, as far as anybody here asks it. */
export interface FakeImds {
  readonly endpoint: string
  /** Paths below `/latest/` that are there; whatever else is asked for is 404. */
  readonly documents: Map<string, string>
  /** Every path that was asked for with a token. */
  readonly asked: string[]
  readonly tokens: number
  /** No token that was given is good any more. */
  forgetTokens(): void
  close(): Promise<void>
}

export const identity = { instanceId: 'i-0abc1234567890def', region: 'eu-west-1', accountId: '123456789012' }

export async function startImds(): Promise<FakeImds> {
  const documents = new Map([['dynamic/instance-identity/document', JSON.stringify(identity)]])
  const asked: string[] = []
  const tokens = new Set<string>()
  let given = 0
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url?.replace(/^\/latest\//, '') ?? ''
    if (path === 'api/token') {
      // As the real one: a PUT with a time to live, and nothing that a proxy has forwarded.
      const seconds = Number(request.headers['x-aws-ec2-metadata-token-ttl-seconds'])
      if (request.method !== 'PUT') return void response.writeHead(405).end()
      if (request.headers['x-forwarded-for'] !== undefined) return void response.writeHead(403).end()
      if (!(seconds >= 1 && seconds <= 21_600)) return void response.writeHead(400).end()
      const token = Buffer.from(randomUUID()).toString('base64')
      tokens.add(token)
      given++
      return void response.writeHead(200, { 'content-type': 'text/plain' }).end(token)
    }
    if (!tokens.has(String(request.headers['x-aws-ec2-metadata-token'])))
      return void response.writeHead(401).end('unauthorized')
    asked.push(path)
    const document = documents.get(path)
    if (document === undefined) response.writeHead(404).end('<html>404 - Not Found</html>')
    else response.writeHead(200, { 'content-type': 'text/plain' }).end(document)
  }
  const server = createServer(answer)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    documents,
    asked,
    get tokens() {
      return given
    },
    forgetTokens: () => tokens.clear(),
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

export const keys = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret' }

export interface FakeAutoScaling {
  readonly endpoint: string
  /** The forms that came with a good signature. */
  readonly calls: readonly URLSearchParams[]
  close(): Promise<void>
}

export interface HttpReply {
  readonly status: number
  readonly body: string
}

/** EC2 Auto Scaling as it is spoken: a form goes in, XML comes out. Refuses what `keys` have not signed for it. */
export async function startAutoScaling(
  answers: (call: URLSearchParams) => HttpReply | undefined = () => undefined,
): Promise<FakeAutoScaling> {
  const calls: URLSearchParams[] = []
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request)
    const form = new URLSearchParams(body)
    const good = isSigned(request, body)
    if (good) calls.push(form)
    const yesOr = answers(form) ?? { status: 200, body: yes(form.get('Action') ?? '') }
    const no = { status: 403, body: refusal('SignatureDoesNotMatch', 'not signed for this service') }
    const reply = good ? yesOr : no
    response.writeHead(reply.status, { 'content-type': 'text/xml' }).end(reply.body)
  }
  const server = createServer((request, response) => void serve(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

/** Computes the signature again. Source: AWS Signature Version 4, canonical request and string to sign. */
function isSigned({ method, url, headers }: IncomingMessage, body: string): boolean {
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=AKID\/(\d{8})\/eu-west-1\/autoscaling\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/
  const [, day = '', names = '', signature] = pattern.exec(headers.authorization ?? '') ?? []
  const signed = names.split(';')
  if (!['host', 'x-amz-date'].every(name => signed.includes(name))) return false
  const date = String(headers['x-amz-date'])
  const lines = signed.map(name => `${name}:${String(headers[name]).trim()}\n`).join('')
  const canonical = [method, url, '', lines, names, sha256(body)].join('\n')
  const scope = `${day}/eu-west-1/autoscaling/aws4_request`
  const key = ['eu-west-1', 'autoscaling', 'aws4_request'].reduce<Buffer>(
    (last, part) => hmac(last, part),
    hmac(`AWS4${keys.AWS_SECRET_ACCESS_KEY}`, day),
  )
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')
  return date.startsWith(day) && hmac(key, toSign).toString('hex') === signature
}

export function refusal(code: string, message: string): string {
  return `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`
}

function yes(action: string): string {
  const group =
    action === 'DescribeAutoScalingInstances'
      ? '<AutoScalingInstances><member><AutoScalingGroupName>workers</AutoScalingGroupName></member></AutoScalingInstances>'
      : ''
  return `<${action}Response><${action}Result>${group}</${action}Result></${action}Response>`
}
