import type { ServiceAnswer } from '../service.ts'
import { writeXml, type Xml } from './xml.ts'

export function xmlAnswer(root: string, content: Xml, status = 200): ServiceAnswer {
  const headers = { 'Content-Type': 'application/xml' }
  return { kind: 'whole', status, headers, body: writeXml(root, content) }
}

export function emptyAnswer(status: number, headers: Readonly<Record<string, string>> = {}): ServiceAnswer {
  return { kind: 'whole', status, headers, body: '' }
}
