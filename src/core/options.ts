import type { SchemaKey, SchemaLookup } from '../iglu/index.ts'
import { adapterSchemaDefaults, type AdaptersSchemas } from './adapt/adapter-schemas.ts'
import type { RemoteAdaptersOptions } from './adapt/remote.ts'
import type { ColumnName } from './columns.ts'
import type { HooksOptions } from './enrich/hooks/index.ts'
import type { YauaaOptions } from './enrich/services.ts'

/** What core needs to know of Iglu. Synchronous when the schema is at hand; rejects while a registry is down. */
export interface Schemas {
  lookup(key: SchemaKey): SchemaLookup | Promise<SchemaLookup>
}

export interface CoreOptions {
  /** Who says so in bad rows and in `v_etl`: artifact and semantic version. */
  readonly processor: { readonly artifact: string; readonly version: string }
  /**
   * Where Enrich 3.9 and 4.2 differ, whom to follow: 3.9 reports conversion and length errors as enrichment_failures,
   * 4.2 as schema_violations; 4.0 raised three length limits and knows the platform `headset`.
   */
  readonly compatibility: '3.9' | '4.2'
  /** Events with over-long columns stay good. */
  readonly acceptInvalid: boolean
  /** Currency, IP lookups and weather come after scripts, as an option of Enrich 3.x has it. */
  readonly legacyEnrichmentOrder: boolean
  /** A record that is no Thrift is decoded as base64 and tried once more. */
  readonly tryBase64Decoding: boolean
  /** Overrides of the longest text per column, UTF-16 units. */
  readonly atomicFieldsLimits: Partial<Record<ColumnName, number>>
  /** Deeper JSON in contexts and unstruct events is refused. */
  readonly maxJsonDepth: number
  /** Which schemas the events of other vendors get. */
  readonly adaptersSchemas: AdaptersSchemas
  /** A bad event of a payload that holds several becomes a bad row of its own; otherwise the whole payload does. */
  readonly isolateBadElements: boolean
  readonly remoteAdapters: RemoteAdaptersOptions
  /** Absent: nobody runs Yauaa's web service. */
  readonly yauaa?: YauaaOptions
  /** Absent: nobody is asked. */
  readonly hooks?: HooksOptions
  /** Largest output record, data plus partition key, bytes. */
  readonly maxRecordBytes: number
  /** Whether events about pseudonyms are written, where the configuration of pseudonyms asks for them. */
  readonly emitPii: boolean
  /** Whether what is left of a bad event is written beside its bad row. */
  readonly emitFailed: boolean
  /** The column whose value is the partition key of good events; none: derived from the record's origin. */
  readonly partitionKey?: ColumnName
}

export const coreDefaults: CoreOptions = {
  // Whoever runs this says which version it is.
  processor: { artifact: 'millrace', version: '0.0.0' },
  compatibility: '3.9',
  acceptInvalid: false,
  legacyEnrichmentOrder: false,
  tryBase64Decoding: false,
  atomicFieldsLimits: {},
  maxJsonDepth: 40,
  adaptersSchemas: adapterSchemaDefaults,
  isolateBadElements: false,
  remoteAdapters: { timeoutMs: 45_000, maxConnections: 10, configs: [] },
  // Kinesis counts the partition key too.
  maxRecordBytes: 1024 * 1024,
  emitPii: false,
  emitFailed: false,
}
