import { membersOf, type Members } from '../../lib/index.ts'
import { MmdbLookup } from '../mmdb/index.ts'
import { toText } from './conversions.ts'

/*
 * What the databases of MaxMind say of an address, in the words of the columns. Texts are fit for a row.
 */

export interface Place {
  readonly country: string | null
  readonly region: string | null
  readonly regionName: string | null
  readonly city: string | null
  readonly zipcode: string | null
  readonly latitude: number | null
  readonly longitude: number | null
  readonly timezone: string | null
}

/** An autonomous system: a network under one administration. */
export interface AutonomousSystem {
  readonly number: number
  readonly organization: string | null
}

export interface Provider {
  readonly isp: string | null
  readonly organization: string | null
  readonly system: AutonomousSystem | null
}

const named = { names: { en: true } } as const

/** GeoIP2-City, GeoLite2-City and their like. */
export function cityLookup(bytes: Uint8Array): MmdbLookup<Place> {
  return new MmdbLookup(bytes, {
    wanted: {
      country: { iso_code: true },
      subdivisions: { iso_code: true, ...named },
      city: named,
      postal: { code: true },
      location: { latitude: true, longitude: true, time_zone: true },
    },
    make: makePlace,
  })
}

function makePlace({ country, subdivisions, city, postal, location }: Members): Place {
  // From the largest to the smallest.
  const region = membersOf(Array.isArray(subdivisions) ? subdivisions.at(-1) : undefined)
  const { latitude, longitude, time_zone: timezone } = membersOf(location)
  return {
    country: textOf(membersOf(country).iso_code),
    region: textOf(region.iso_code),
    regionName: englishName(region),
    city: englishName(membersOf(city)),
    zipcode: textOf(membersOf(postal).code),
    latitude: numberOf(latitude),
    longitude: numberOf(longitude),
    timezone: textOf(timezone),
  }
}

/** GeoIP2-ISP. */
export function providerLookup(bytes: Uint8Array): MmdbLookup<Provider> {
  return new MmdbLookup(bytes, {
    wanted: {
      isp: true,
      organization: true,
      autonomous_system_number: true,
      autonomous_system_organization: true,
    },
    make: record => ({
      isp: textOf(record.isp),
      organization: textOf(record.organization),
      system: makeSystem(record),
    }),
  })
}

/** GeoLite2-ASN. */
export function systemLookup(bytes: Uint8Array): MmdbLookup<AutonomousSystem> {
  return new MmdbLookup(bytes, {
    wanted: { autonomous_system_number: true, autonomous_system_organization: true },
    make: makeSystem,
  })
}

function makeSystem(record: Members): AutonomousSystem | null {
  const number = record.autonomous_system_number
  // The context's schema knows no larger ones, and none is in use.
  if (typeof number !== 'number' || number > 2 ** 31 - 1 || !Number.isInteger(number) || number < 0)
    return null
  return { number, organization: textOf(record.autonomous_system_organization) }
}

/** A text in an object of its own. */
export interface Word {
  readonly text: string | null
}

/** GeoIP2-Domain. */
export function domainLookup(bytes: Uint8Array): MmdbLookup<Word> {
  return new MmdbLookup(bytes, { wanted: { domain: true }, make: ({ domain }) => ({ text: textOf(domain) }) })
}

/** GeoIP2-Connection-Type. */
export function connectionTypeLookup(bytes: Uint8Array): MmdbLookup<Word> {
  return new MmdbLookup(bytes, {
    wanted: { connection_type: true },
    make: record => ({ text: textOf(record.connection_type) }),
  })
}

function englishName(place: Members): string | null {
  return textOf(membersOf(place.names).en)
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? toText(value) : null
}

/** For columns of 32 bits. */
function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(Math.fround(value)) ? value : null
}
