import { membersOf, parseJson } from '../../../lib/index.ts'
import { bodyOf } from '../http-body.ts'
import type { Answer, HttpResponse } from '../services.ts'
import { parseAmount, type Decimal } from './amount.ts'

/** How much of each currency one unit of the response's base is, on one day. */
export type Rates = ReadonlyMap<string, Decimal>

/** Source: Open Exchange Rates, `/api/historical/*.json`. */
export function readRates(response: HttpResponse): Answer<Rates> {
  const { message, rates, base } = membersOf(parseJson(response.body))
  const body = bodyOf(response)
  if ('error' in body) return typeof message === 'string' ? { error: message } : body
  if (typeof base !== 'string' || typeof rates !== 'object') return { error: 'the response has no rates' }
  const list = new Map<string, Decimal>()
  for (const [currency, rate] of Object.entries(membersOf(rates))) {
    const amount = typeof rate === 'number' ? parseAmount(String(rate)) : undefined
    if (amount !== undefined) list.set(currency, amount)
  }
  list.set(base, { units: 1n, scale: 0 })
  return { value: list }
}
