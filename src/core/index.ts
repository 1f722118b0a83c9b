export { coreDefaults, type CoreOptions, type Schemas } from './options.ts'
export { omissions, type CoreOutput, type Omission } from './emit/emit.ts'
export { analyticsJson } from './emit/analytics-json.ts'
export { readTsv, writeTsv } from './emit/tsv.ts'
export { createCore, type Core } from './process.ts'
export type { CoreParts } from './enrich-event.ts'
export type { BadRow, EnrichmentFailure, FailureDetail, Json, Outcome } from './bad-row.ts'
export { columnIndex, columns, isColumn, type ColumnName, type ColumnType } from './columns.ts'
export { EnrichedEvent, type CollectorPayload, type DerivedContext, type RawEvent } from './event.ts'
export type { RawRecord, RecordOrigin } from './event.ts'
export { adapt, type AdaptedPayload, type AdaptOptions, type AdaptParts } from './adapt/registry.ts'
export { openRemoteAdapters, type RemoteAdapters, type RemoteAdaptersOptions } from './adapt/remote.ts'
export { completeSchemas, unknownSchemas, type SchemaOverrides } from './adapt/adapter-schemas.ts'
export { decodePayload, type DecodedPayload } from './decode/collector-payload.ts'
export { parseQuerystring, parseQuerystringLeniently } from './decode/querystring.ts'
export { encodeCollectorPayload, type ThriftPayload } from './encode/thrift.ts'
export { configureEnrichments, type ConfiguredEnrichments } from './enrich/registry.ts'
export { parseHooks, type HooksOptions } from './enrich/hooks/index.ts'
export { filesOf } from './enrich/files.ts'
export { Enrichments } from './enrich/enrichments.ts'
export { numberPlaceholders } from './enrich/sql-query/placeholders.ts'
export type { EnrichmentTools } from './enrich/configuration.ts'
export type { Profiler } from './enrich/profiler.ts'
export type {
  Answer,
  Asset,
  Assets,
  CacheOptions,
  EnrichmentServices,
  HttpLookupOptions,
  HttpRequest,
  HttpResponse,
  Lookup,
  Lookups,
  Script,
  ScriptReply,
  Scripts,
  SqlDatabase,
  SqlLookupOptions,
  SqlRows,
  SqlType,
  SqlValue,
  YauaaOptions,
} from './enrich/services.ts'
