import { javaFloat } from '../../../src/core/emit/java-number.ts'
import { addressBytes } from '../../../src/core/enrich/address-bytes.ts'
import { emptyContext } from './enrich.ts'
import { iabSpidersAndRobots } from '../../../src/core/enrich/iab.ts'
import type { Enrich } from '../../../src/core/enrich/enrichment.ts'
import { EnrichedEvent, type DerivedContext } from '../../../src/core/event.ts'
import { schemaKey } from '../../../src/iglu/index.ts'
import { assetUri } from '../../../src/core/enrich/asset-uri.ts'
import { RefererParser, type RefererDetails } from '../../../src/core/enrich/referer-parser.ts'
import { parseReferers } from '../../../src/core/enrich/referers-file.ts'
import { noServices } from '../../../src/core/enrich/test-services.ts'
import { parseUri } from '../../../src/core/enrich/uri.ts'
import { MmdbDatabase } from '../../../src/core/mmdb/index.ts'
import { membersOf } from '../../../src/lib/index.ts'
import { isFields, type Fields } from '../corpus.ts'
import { readResource, resourceAssets } from '../resources.ts'
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

const parseRefererParser: GoldenFunction = ({ args }) => {
  const { c } = fieldsOf(args)
  return { valid: { _type: 'RefererParserConf', ...fieldsOf(fieldsOf(c)['parameters']) } }
}

const extractRefererDetails: GoldenFunction = ({ args, receiver }) => {
  const { uri, pageHost } = fieldsOf(args)
  const { database, internalDomains } = fieldsOf(receiver)
  const text = Buffer.from(readResource(String(database))).toString()
  const current = parseReferers(JSON.parse(text), String(database))
  const parser = new RefererParser([{ current }], { internalDomains, referrers: undefined })
  const parsed = parseUri(String(uri))
  if ('error' in parsed) throw new TypeError(parsed.error)
  const details = parser.parse(parsed, typeof pageHost === 'string' ? pageHost : null)
  return { right: details === null ? null : describeReferer(details) }
}

function describeReferer({ medium, source, term }: RefererDetails): Fields {
  const type = `${medium.charAt(0).toUpperCase()}${medium.slice(1)}Referer`
  if (medium === 'search') return { _type: type, medium, source, term }
  return source === null ? { _type: type, medium } : { _type: type, medium, source }
}

const parseIab: GoldenFunction = ({ args }) => {
  const { c, schemaKey } = fieldsOf(args)
  const { parameters } = fieldsOf(c)
  const { errors } = filesOf(c, { ipFile: '', excludeUseragentFile: '', includeUseragentFile: '' })
  if (errors.length > 0) return { invalid: errors }
  return { valid: { _type: 'IabConf', schemaKey, parameters } }
}

/** The enrichment of a configuration that was read. */
async function openIab(conf: unknown): Promise<Enrich> {
  const { parameters } = fieldsOf(conf)
  const key = schemaKey(
    'com.snowplowanalytics.snowplow.enrichments',
    'iab_spiders_and_robots_enrichment',
    '1-0-0',
  )
  const config = { key, parameters: fieldsOf(parameters), data: {} }
  const enrich = await iabSpidersAndRobots.create(config, { ...noServices, assets: resourceAssets })
  if ('errors' in enrich) throw new TypeError(enrich.errors.join())
  return enrich
}

const performIabCheck: GoldenFunction = async ({ args, receiver }) => {
  const { userAgent, ipAddress } = fieldsOf(args)
  const useragent = String(userAgent)
  const derived_tstamp = new Date().toISOString().replace('T', ' ').replace('Z', '')
  const event = Object.assign(new EnrichedEvent(), {
    useragent,
    user_ipaddress: String(ipAddress),
    derived_tstamp,
  })
  return { right: (await contextsOf(await openIab(receiver), event))[0]?.data }
}

async function contextsOf(enrich: Enrich, event: EnrichedEvent): Promise<readonly DerivedContext[]> {
  const result = await enrich(event, emptyContext)
  if (result !== undefined && 'failures' in result) throw new TypeError('unexpected failure')
  return result !== undefined && 'length' in result ? result : []
}

const getIabContext: GoldenFunction = ({ args }) => ({
  iab: fieldsOf(fieldsOf(args)['iabEnrichment'])['valid'] ?? fieldsOf(args)['iabEnrichment'],
})

/** Steps of the original that are run alone, on the state that they add to. */
const runStep: GoldenFunction = async ({ args, receiver }) => {
  const { iab } = fieldsOf(receiver)
  if (iab === undefined) throw new TypeError('a step of another enrichment than IAB')
  const [state] = Array.isArray(args) ? args.map(fieldsOf) : [{}]
  const event = Object.assign(new EnrichedEvent(), textsOf(fieldsOf(state?.['event'])))
  return {
    _type: 'Accumulation',
    event: state?.['event'],
    errors: [],
    contexts: await contextsOf(await openIab(iab), event),
  }
}

function textsOf(fields: Fields): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[0] !== '_type',
    ),
  )
}

export const functions: Readonly<Record<string, GoldenFunction>> = {
  'IpLookupsEnrichment.parse': parseIpLookups,
  'IpLookupsEnrichment.extractIpInformation': extractIpInformation,
  'IabEnrichment.parse': parseIab,
  'IabEnrichment.performCheck': performIabCheck,
  'EnrichmentManager.getIabContext': getIabContext,
  'EnrichmentManager.runS': runStep,
  'RefererParserEnrichment.parse': parseRefererParser,
  'RefererParserEnrichment.extractRefererDetails': extractRefererDetails,
}
