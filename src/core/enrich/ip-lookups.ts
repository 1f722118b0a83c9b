import { LRUCache } from 'lru-cache'
import { columnIndex } from '../columns.ts'
import type { DerivedContext, EnrichedEvent } from '../event.ts'
import type { MmdbLookup } from '../mmdb/index.ts'
import { addressBytes } from './address-bytes.ts'
import { assetUris } from './asset-uri.ts'
import { asnContext } from './asn-context.ts'
import type { EnrichmentKind } from './configuration.ts'
import {
  cityLookup,
  connectionTypeLookup,
  domainLookup,
  providerLookup,
  systemLookup,
  type AutonomousSystem,
  type Place,
  type Provider,
} from './ip-records.ts'
import type { Asset, EnrichmentServices } from './services.ts'

/** Where an address is and whose network it is in, from databases of MaxMind. Never fails: what is unknown stays empty. */
export const ipLookups: EnrichmentKind = {
  criterion: 'iglu:com.snowplowanalytics.snowplow/ip_lookups/jsonschema/2-0-*',
  name: 'ip-lookups',
  step: 'ip-lookups',
  async create({ parameters }, services) {
    const uris = assetUris(parameters, ['geo', 'isp', 'domain', 'connectionType', 'asn'])
    if ('errors' in uris) return uris
    const lookups = new IpLookups(await openDatabases(uris, services))
    return event => {
      const address = event.user_ipaddress
      const found = address === null ? null : lookups.find(address)
      return found === null ? undefined : fill(event, found)
    }
  },
}

type Database<T extends object> = Asset<MmdbLookup<T>> | undefined

export interface IpDatabases {
  readonly geo: Database<Place>
  readonly isp: Database<Provider>
  readonly domain: Database<{ readonly text: string | null }>
  readonly connectionType: Database<{ readonly text: string | null }>
  readonly asn: Database<AutonomousSystem>
}

type Uris = Partial<Record<keyof IpDatabases, string>>

async function openDatabases(uris: Uris, { assets }: EnrichmentServices): Promise<IpDatabases> {
  const open = async <T extends object>(
    uri: string | undefined,
    load: (bytes: Uint8Array) => MmdbLookup<T>,
  ) => (uri === undefined ? undefined : await assets.open(uri, load))
  const [geo, isp, domain, connectionType, asn] = await Promise.all([
    open(uris.geo, cityLookup),
    open(uris.isp, providerLookup),
    open(uris.domain, domainLookup),
    open(uris.connectionType, connectionTypeLookup),
    open(uris.asn, systemLookup),
  ])
  return { geo, isp, domain, connectionType, asn }
}

/** All that is known of one address. */
export interface IpFindings {
  readonly place: Place | null
  readonly provider: Provider | null
  readonly domain: string | null
  readonly connectionType: string | null
  readonly system: AutonomousSystem | null
}

// As many as Snowplow keeps.
const maxAddresses = 20_000

/** The databases in use, and what they lately said. */
export class IpLookups {
  readonly #databases: IpDatabases
  readonly #found = new LRUCache<string, IpFindings>({ max: maxAddresses })
  /** Those that `#found` came from. */
  #used: readonly unknown[] = []

  constructor(databases: IpDatabases) {
    this.#databases = databases
  }

  /** Null for what is no address. */
  find(address: string): IpFindings | null {
    this.#forgetOld()
    const known = this.#found.get(address)
    if (known !== undefined) return known
    const bytes = addressBytes(address)
    // What is no address is not worth keeping, and may be of any length.
    if (bytes === null) return null
    const findings = this.#ask(bytes)
    this.#found.set(address, findings)
    return findings
  }

  #ask(bytes: Uint8Array): IpFindings {
    const { geo, isp, domain, connectionType, asn } = this.#databases
    const provider = isp?.current.find(bytes) ?? null
    return {
      place: geo?.current.find(bytes) ?? null,
      provider,
      domain: domain?.current.find(bytes)?.text ?? null,
      connectionType: connectionType?.current.find(bytes)?.text ?? null,
      system: asn?.current.find(bytes) ?? provider?.system ?? null,
    }
  }

  /** A newer database answers anew. */
  #forgetOld(): void {
    const { geo, isp, domain, connectionType, asn } = this.#databases
    const [a, b, c, d, e] = this.#used
    const same =
      a === geo?.current &&
      b === isp?.current &&
      c === domain?.current &&
      d === connectionType?.current &&
      e === asn?.current
    if (same) return
    this.#found.clear()
    this.#used = [geo?.current, isp?.current, domain?.current, connectionType?.current, asn?.current]
  }
}

function fill(event: EnrichedEvent, findings: IpFindings): readonly DerivedContext[] | undefined {
  const { place, provider, system } = findings
  const { row } = event
  if (place !== null) {
    row[columnIndex.geo_country] = place.country
    row[columnIndex.geo_region] = place.region
    row[columnIndex.geo_region_name] = place.regionName
    row[columnIndex.geo_city] = place.city
    row[columnIndex.geo_zipcode] = place.zipcode
    row[columnIndex.geo_timezone] = place.timezone
    // By name: how a float is written is known where the row is.
    if (place.latitude !== null) event.geo_latitude = place.latitude
    if (place.longitude !== null) event.geo_longitude = place.longitude
  }
  if (provider !== null) {
    row[columnIndex.ip_isp] = provider.isp
    row[columnIndex.ip_organization] = provider.organization
  }
  if (findings.domain !== null) row[columnIndex.ip_domain] = findings.domain
  if (findings.connectionType !== null) row[columnIndex.ip_netspeed] = findings.connectionType
  return system === null ? undefined : [asnContext(system)]
}
