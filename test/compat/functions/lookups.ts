import { javaFloat } from '../../../src/core/emit/java-number.ts'
import { addressBytes } from '../../../src/core/enrich/address-bytes.ts'
import { assetUri } from '../../../src/core/enrich/asset-uri.ts'
import { membersOf, MmdbDatabase } from '../../../src/core/mmdb/index.ts'
import { isFields, type Fields } from '../corpus.ts'
import { readResource } from '../resources.ts'
import type { GoldenFunction } from './types.ts'

/* Snowplow's enrichments that live from files, by ours. */

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {}
}

/** The configuration's files, each with the name that the original gives it on its disk. */
function filesOf(
  config: unknown,
  locals: Fields,
): { readonly files: Fields; readonly errors: readonly string[] } {
  const parameters = fieldsOf(fieldsOf(config)['parameters'])
  const errors: string[] = []
  const files = Object.entries(locals).map(([name, local]) => {
    const uri = parameters[name] === undefined ? null : assetUri(parameters[name])
    if (uri !== null && typeof uri !== 'string') errors.push(...uri.errors)
    return [`${name}File`, uri === null ? null : [uri, local]]
  })
  return { files: Object.fromEntries(files) as Fields, errors }
}

const parseIpLookups: GoldenFunction = ({ args }) => {
  const { c, schemaKey } = fieldsOf(args)
  const { files, errors } = filesOf(c, {
    geo: './ip_geo',
    isp: './ip_isp',
    domain: './ip_domain',
    connectionType: './ip_connectionType',
  })
  return errors.length > 0 ? { invalid: errors } : { valid: { _type: 'IpLookupsConf', schemaKey, ...files } }
}

/** The original tells a name that it cannot resolve from an address that it does not find; both leave columns empty. */
const extractIpInformation: GoldenFunction = ({ args, receiver }) => {
  const ip = String(fieldsOf(args)['ip'])
  const { geoFile } = fieldsOf(receiver)
  const [uri = ''] = Array.isArray(geoFile) ? geoFile.map(String) : []
  return { ipLocation: locationOf(ip, readResource(uri.slice(uri.lastIndexOf('/') + 1))) }
}

function locationOf(ip: string, file: Uint8Array): unknown {
  const bytes = addressBytes(ip)
  // The empty name is the machine itself.
  if (bytes === null) return { left: ip === '' ? 'AddressNotFoundException' : 'UnknownHostException' }
  const database = new MmdbDatabase(file)
  const offset = database.find(bytes)
  if (offset === null) return { left: 'AddressNotFoundException' }
  const record = membersOf(database.read(offset))
  const country = membersOf(record['country'])
  const location = membersOf(record['location'])
  const { subdivisions } = record
  const region = membersOf(Array.isArray(subdivisions) ? subdivisions.at(-1) : undefined)
  return {
    right: {
      _type: 'IpLocation',
      countryCode: country['iso_code'] ?? null,
      countryName: englishName(country),
      region: region['iso_code'] ?? null,
      city: englishName(membersOf(record['city'])),
      latitude: float(location['latitude']),
      longitude: float(location['longitude']),
      timezone: location['time_zone'] ?? null,
      postalCode: membersOf(record['postal'])['code'] ?? null,
      metroCode: location['metro_code'] ?? null,
      regionName: englishName(region),
      isInEuropeanUnion: country['is_in_european_union'] ?? false,
      continent: englishName(membersOf(record['continent'])),
      accuracyRadius: location['accuracy_radius'] ?? null,
    },
  }
}

function float(value: unknown): number {
  return Number(javaFloat(Number(value)))
}

function englishName(place: Fields): unknown {
  return membersOf(place['names'])['en'] ?? null
}

export const functions: Readonly<Record<string, GoldenFunction>> = {
  'IpLookupsEnrichment.parse': parseIpLookups,
  'IpLookupsEnrichment.extractIpInformation': extractIpInformation,
}
