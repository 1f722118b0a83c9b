import type { IncomingHttpHeaders } from 'node:http'
import type { AwsError } from './aws-error.ts'

export interface ServiceRequest {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A whole answer, or the frames of an event stream, which end when the signal aborts. */
export type ServiceAnswer =
  | {
      readonly kind: 'whole'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string | Buffer
    }
  | {
      readonly kind: 'events'
      readonly contentType: string
      readonly frames: (signal: AbortSignal) => AsyncIterable<Buffer>
    }

/** One AWS service as the server sees it. */
export interface Service {
  /** Throws an AwsError. */
  answer(request: ServiceRequest): ServiceAnswer
  /** A refusal in the form of this service. */
  refuse(error: AwsError, request: Pick<ServiceRequest, 'method' | 'url'>): ServiceAnswer
}

/** The operation that X-Amz-Target names after the dot. */
export function operationIn({ headers }: ServiceRequest): string {
  return String(headers['x-amz-target'] ?? '').split('.')[1] ?? ''
}

export function jsonAnswer(contentType: string, body: object): ServiceAnswer {
  return { kind: 'whole', status: 200, headers: { 'Content-Type': contentType }, body: JSON.stringify(body) }
}

export function jsonRefusal(
  contentType: string,
  { code, status, message, fields }: AwsError,
): ServiceAnswer & { readonly kind: 'whole' } {
  return {
    kind: 'whole',
    status,
    headers: { 'Content-Type': contentType, 'x-amzn-ErrorType': code },
    body: JSON.stringify({ __type: code, message, ...fields }),
  }
}
