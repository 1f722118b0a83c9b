import { membersOf } from '../../lib/index.ts'
import { after } from '../after.ts'
import type { EnrichedEvent } from '../event.ts'
import type { EnrichmentKind } from './configuration.ts'
import type { EnrichmentResult } from './enrichment.ts'
import { bodyOf } from './http-body.ts'
import { enrichmentFailed, missingColumn } from './inputs/index.ts'
import type { Answer, HttpRequest, HttpResponse } from './services.ts'
import { parseTimestamp } from './timestamps.ts'

const name = 'weather'
const schema = 'iglu:org.openweathermap/weather/jsonschema/1-0-0'

// What has been does not change; a day that is not over does.
const ttlMs = 24 * 3600_000
const dayMs = 24 * 3600_000

/** The weather at the time and place of an event, from the history of OpenWeather. */
export const weather: EnrichmentKind = {
  criterion: 'iglu:com.snowplowanalytics.snowplow.enrichments/weather_enrichment_config/jsonschema/1-0-*',
  name,
  step: 'weather',
  create({ key, parameters }, { lookups }) {
    const { apiKey, apiHost, cacheSize, geoPrecision, timeout } = parameters
    const by = { schemaKey: key.uri, identifier: name }
    const lookup = lookups.http<readonly Stamp[]>({
      name,
      // Seconds in the configuration.
      timeoutMs: Number(timeout) * 1000,
      cache: { size: Number(cacheSize), ttlMs, errorTtlMs: ttlMs / 1440 },
      read: readHistory,
    })
    return event => {
      const place = placeOf(event)
      if ('missing' in place) return { failures: place.missing.map(field => missingColumn(by, field)) }
      const day = Math.floor(place.time / dayMs) * dayMs
      const [latitude, longitude] = [place.latitude, place.longitude].map(one =>
        rounded(one, Number(geoPrecision)),
      )
      const request = historyRequest(String(apiHost), String(apiKey), { ...place, day })
      return after(lookup.ask(`${day} ${latitude} ${longitude}`, request), (history): EnrichmentResult => {
        if ('error' in history) return enrichmentFailed(by, [history.error])
        const nearest = nearestTo(place.time, history.value)
        if (nearest === undefined) return enrichmentFailed(by, ['the history has no weather for this day'])
        return [{ schema, data: nearest.data }]
      })
    }
  },
}

interface Place {
  readonly latitude: number
  readonly longitude: number
  /** Milliseconds since the epoch. */
  readonly time: number
}

function placeOf(event: EnrichedEvent): Place | { readonly missing: readonly string[] } {
  const { geo_latitude: latitude, geo_longitude: longitude, derived_tstamp: time } = event
  if (latitude !== null && longitude !== null && time !== null)
    return { latitude, longitude, time: parseTimestamp(time) }
  const fields = { geo_latitude: latitude, geo_longitude: longitude, derived_tstamp: time }
  return { missing: Object.entries(fields).flatMap(([field, value]) => (value === null ? [field] : [])) }
}

/** To a part of a degree: 1 is whole ones, 2 halves, 10 tenths. */
export function rounded(coordinate: number, precision: number): number {
  const parts = coordinate * precision
  return (Math.sign(parts) * Math.round(Math.abs(parts))) / precision
}

function historyRequest(
  host: string,
  apiKey: string,
  { latitude, longitude, day }: Place & { day: number },
): HttpRequest {
  const query = new URLSearchParams({
    lat: String(latitude),
    lon: String(longitude),
    cnt: '24',
    start: String(day / 1000),
    end: String((day + dayMs) / 1000),
    appid: apiKey,
  })
  return { method: 'GET', url: `https://${host}/data/2.5/history/city?${query.toString()}` }
}

/** Weather at one moment, as the context has it. */
interface Stamp {
  readonly time: number
  readonly data: Readonly<Record<string, unknown>>
}

// What the schema of the context knows; OpenWeather has learnt more words since.
const parts: Readonly<Record<string, readonly string[]>> = {
  main: ['temp', 'temp_min', 'temp_max', 'pressure', 'humidity', 'sea_level', 'grnd_level'],
  wind: ['speed', 'deg', 'gust', 'var_end', 'var_beg'],
  clouds: ['all'],
  rain: ['1h', '3h'],
  snow: ['1h', '3h'],
}
const conditionFields = ['main', 'description', 'id', 'icon']

/** Source: OpenWeather's history by coordinates, `{ list: [{ dt, main, wind, clouds, rain, snow, weather }] }`. */
function readHistory(response: HttpResponse): Answer<readonly Stamp[]> {
  const body = bodyOf(response)
  if ('error' in body) return body
  const { list } = membersOf(JSON.parse(body.value))
  if (!Array.isArray(list)) return { error: 'the response has no list of weather' }
  return { value: list.map(stampOf) }
}

function stampOf(item: unknown): Stamp {
  const { dt, weather: conditions, ...rest } = membersOf(item)
  const time = Number(dt) * 1000
  const members = Object.entries(parts).flatMap(([part, fields]) =>
    rest[part] === undefined ? [] : [[part, picked(rest[part], fields)] as const],
  )
  const list = Array.isArray(conditions) ? conditions.map(one => picked(one, conditionFields)) : []
  return { time, data: { ...Object.fromEntries(members), weather: list, dt: new Date(time).toISOString() } }
}

function picked(value: unknown, names: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(membersOf(value)).filter(([name]) => names.includes(name)))
}

function nearestTo(time: number, history: readonly Stamp[]): Stamp | undefined {
  let nearest = history[0]
  for (const stamp of history)
    if (nearest === undefined || Math.abs(stamp.time - time) < Math.abs(nearest.time - time)) nearest = stamp
  return nearest
}
