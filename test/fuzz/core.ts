import { createEnrichments } from '../../src/core/enrich/configuration.ts'
import {
  coreDefaults,
  createCore,
  Enrichments,
  openRemoteAdapters,
  type Assets,
  type Core,
  type CoreOptions,
  type Lookups,
} from '../../src/core/index.ts'
import type { SchemaResolver } from '../../src/iglu/index.ts'
import { openLookups } from '../../src/lookups/index.ts'
import { openScripts } from '../../src/scripts/index.ts'
import type { Flavour } from './documents.ts'
import type { Outside } from './outside.ts'
import { remotePath } from './payloads.ts'
import type { Watch } from './watched.ts'

/** The two ways in which options differ, so that each is fuzzed half of the time. */
export const optionsOf: Readonly<Record<Flavour, CoreOptions>> = {
  first: withRemote({ ...coreDefaults, emitPii: true }),
  second: withRemote({
    ...coreDefaults,
    compatibility: '4.2',
    tryBase64Decoding: true,
    isolateBadElements: true,
    emitFailed: true,
    emitPii: true,
    acceptInvalid: true,
    maxRecordBytes: 40_000,
    partitionKey: 'domain_userid',
  }),
}

function withRemote(options: CoreOptions): CoreOptions {
  const [vendor = '', version = ''] = remotePath.split('/')
  const configs = [{ vendor, version, url: 'http://me:secret@remote.example/remote' }]
  return { ...options, remoteAdapters: { timeoutMs: 100, maxConnections: 10, configs } }
}

export interface CoreParts {
  readonly outside: Outside
  readonly schemas: SchemaResolver
  readonly watch: Watch
  readonly assets: Assets
}

export interface FuzzedCore {
  readonly core: Core
  readonly options: CoreOptions
  close(): Promise<void>
}

/** Rejects with a MillraceError when a configuration is refused. */
export async function newCore(
  documents: readonly unknown[],
  flavour: Flavour,
  parts: CoreParts,
): Promise<FuzzedCore> {
  const { outside, schemas, watch, assets } = parts
  const lookups = openLookups({ rewrite: url => atHome(url, outside), batchMs: 5000 })
  try {
    const services = {
      assets,
      lookups: databasesAtHome(lookups, outside),
      scripts: openScripts({ engine: 'quickjs', timeoutMs: 50, memoryBytes: 16 * 1024 * 1024 }),
      yauaa: { url: 'http://yauaa.example/', timeoutMs: 100, maxConnections: 8 },
    }
    const { enrichments } = await createEnrichments(documents, { schemas, services }, watch.kinds)
    const options = optionsOf[flavour]
    const remoteAdapters = openRemoteAdapters(options.remoteAdapters, lookups)
    const core = createCore({ schemas, enrichments: new Enrichments(enrichments), options, remoteAdapters })
    const process: Core['process'] = record => {
      lookups.begin()
      return core.process(record)
    }
    return { core: { ...core, process }, options, close: () => lookups.close() }
  } catch (error) {
    await lookups.close()
    throw error
  }
}

/** Whatever a configuration names: no call leaves this machine. */
function atHome(url: URL, { httpPort }: Outside): URL {
  const home = new URL(url)
  home.protocol = 'http:'
  home.hostname = '127.0.0.1'
  home.port = String(httpPort)
  return home
}

function databasesAtHome(lookups: Lookups, { postgresPort, mysqlPort }: Outside): Lookups {
  return {
    http: options => lookups.http(options),
    sql: options => {
      const port = options.database.kind === 'postgresql' ? postgresPort : mysqlPort
      return lookups.sql({
        ...options,
        timeoutMs: 150,
        database: { ...options.database, host: '127.0.0.1', port },
      })
    },
  }
}
