import type { EnrichmentFailure, EnrichmentInformation } from '../../bad-row.ts'
import type { Answer } from '../services.ts'
import { crossRate, multiply, parseAmount } from './amount.ts'
import { isCurrency, placesOf } from './currencies.ts'
import type { Rates } from './rates.ts'

/** An amount of an event that is to be converted. */
export interface Price {
  readonly amount: string | null
  readonly currency: string | null
  /** The column that names the currency. */
  readonly field: 'tr_currency' | 'ti_currency'
}

/** What became of a price: null where there is nothing to convert. */
export type Converted = { readonly amount: string | null } | { readonly failure: EnrichmentFailure }

/** Converts within a currency, or says that rates are needed, or that it cannot be. */
export function convertWithoutRates(
  price: Price,
  base: string,
  by: EnrichmentInformation,
): Converted | 'needs-rates' {
  const { amount, currency, field } = price
  if (amount === null || currency === null) return { amount: null }
  if (!isCurrency(currency)) {
    const expectation = `Unknown currency '${currency}'`
    return {
      failure: { enrichment: by, message: { type: 'InputData', field, value: currency, expectation } },
    }
  }
  if (currency !== base) return 'needs-rates'
  const parsed = parseAmount(amount)
  return parsed === undefined ? { amount: null } : { amount: multiply(parsed, one, placesOf(base)) }
}

const one = { units: 1n, scale: 0 }

export function convert(
  price: Price,
  base: string,
  rates: Answer<Rates>,
  by: EnrichmentInformation,
): Converted {
  const converted = convertWithoutRates(price, base, by)
  if (converted !== 'needs-rates') return converted
  if ('error' in rates) return ratesFailure(by, 'OtherErrors', rates.error)
  const { amount, currency } = price
  const from = rates.value.get(currency ?? '')
  const to = rates.value.get(base)
  const rate = from !== undefined && to !== undefined ? crossRate(from, to) : undefined
  const parsed = parseAmount(amount ?? '')
  if (rate === undefined || parsed === undefined) {
    const missing = from === undefined ? currency : base
    const message = `Currency not found in the API, invalid currency ${missing}`
    return ratesFailure(by, 'IllegalCurrency', message)
  }
  return { amount: multiply(parsed, rate, placesOf(base)) }
}

function ratesFailure(
  by: EnrichmentInformation,
  type: 'OtherErrors' | 'IllegalCurrency',
  message: string,
): Converted {
  const error = `Open Exchange Rates error, type: [${type}], message: [${message}]`
  return { failure: { enrichment: by, message: { type: 'Simple', error } } }
}
