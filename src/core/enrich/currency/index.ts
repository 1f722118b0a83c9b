import { after } from '../../after.ts'
import type { EnrichedEvent } from '../../event.ts'
import type { EnrichmentKind } from '../configuration.ts'
import type { EnrichmentResult } from '../enrichment.ts'
import { missingColumn } from '../inputs/index.ts'
import type { Answer, HttpRequest } from '../services.ts'
import { convert, convertWithoutRates, type Converted, type Price } from './convert.ts'
import { isCurrency } from './currencies.ts'
import { readRates, type Rates } from './rates.ts'

const name = 'currency-conversion'

const timeoutMs = 5000
// Years of days. A day's rates are asked for again after a day: those of the day that is not over still change.
const cache = { size: 2000, ttlMs: 24 * 3600_000, errorTtlMs: 60_000 }

/** Prices in one currency, by the rates of Open Exchange Rates for the day of the event. */
export const currencyConversion: EnrichmentKind = {
  criterion: 'iglu:com.snowplowanalytics.snowplow/currency_conversion_config/jsonschema/1-0-*',
  name,
  step: 'currency',
  create({ key, parameters }, { lookups }) {
    const base = String(parameters['baseCurrency'])
    if (!isCurrency(base)) return { errors: [`baseCurrency: Unknown currency '${base}'`] }
    const by = { schemaKey: key.uri, identifier: name }
    const lookup = lookups.http<Rates>({ name, timeoutMs, cache, read: readRates })
    const account = { apiKey: String(parameters['apiKey']), base, type: parameters['accountType'] }
    return event => {
      event.base_currency = base
      const prices = pricesOf(event)
      const day = event.collector_tstamp?.slice(0, 10)
      if (day === undefined) return { failures: [missingColumn(by, 'collector_tstamp')] }
      const needed = prices.some(price => convertWithoutRates(price, base, by) === 'needs-rates')
      const rates = needed ? lookup.ask(day, ratesRequest(day, account)) : noRates
      return after(rates, found => {
        const converted = prices.map(price => convert(price, base, found, by))
        return fill(event, converted)
      })
    }
  },
}

const noRates: Answer<Rates> = { value: new Map() }

interface Account {
  readonly apiKey: string
  readonly base: string
  readonly type: unknown
}

/** Developer accounts get rates of the dollar only. */
function ratesRequest(day: string, { apiKey, base, type }: Account): HttpRequest {
  const url = new URL(`https://openexchangerates.org/api/historical/${day}.json`)
  url.searchParams.set('app_id', apiKey)
  if (type !== 'DEVELOPER') url.searchParams.set('base', base)
  return { method: 'GET', url: url.href }
}

function pricesOf(event: EnrichedEvent): readonly Price[] {
  const transaction = { currency: event.tr_currency, field: 'tr_currency' } as const
  return [
    { amount: event.tr_total, ...transaction },
    { amount: event.tr_tax, ...transaction },
    { amount: event.tr_shipping, ...transaction },
    { amount: event.ti_price, currency: event.ti_currency, field: 'ti_currency' },
  ]
}

function fill(event: EnrichedEvent, converted: readonly Converted[]): EnrichmentResult {
  const failures = converted.flatMap(one => ('failure' in one ? [one.failure] : []))
  if (failures.length > 0) return { failures }
  const [total, tax, shipping, price] = converted.map(one => ('amount' in one ? one.amount : null))
  event.tr_total_base = total ?? null
  event.tr_tax_base = tax ?? null
  event.tr_shipping_base = shipping ?? null
  event.ti_price_base = price ?? null
  return undefined
}
