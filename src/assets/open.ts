import { systemClock } from '../lib/index.ts'
import { unobserved } from '../observe/index.ts'
import type { Places } from './fetch.ts'
import { AssetStore, type AssetStoreOptions } from './store.ts'

type Environment = Readonly<Record<string, string | undefined>>

export type AssetSettings = Partial<
  Pick<AssetStoreOptions, 'updatePeriodMs' | 'directory' | 'clock' | 'observe'>
> & {
  readonly maxBytes?: number
  readonly timeoutMs?: number
  readonly region?: string
  readonly environment?: Environment
}

/** The files that enrichments need, from where their configurations say. Looks for newer ones once it is told to watch. */
export function openAssets(settings: AssetSettings = {}): AssetStore {
  const { updatePeriodMs = 0, directory, clock = systemClock, observe = unobserved } = settings
  return new AssetStore({
    places: placesOf(settings, settings.environment ?? process.env),
    updatePeriodMs,
    ...(directory !== undefined && { directory }),
    clock,
    observe,
  })
}

/** The environment's names are those of the programs of Amazon and Google. */
function placesOf({ maxBytes, timeoutMs, region }: AssetSettings, environment: Environment): Places {
  const s3Endpoint = environment.AWS_ENDPOINT_URL_S3 ?? environment.AWS_ENDPOINT_URL
  const gsEndpoint = environment.STORAGE_EMULATOR_HOST
  const token = environment.GOOGLE_OAUTH_ACCESS_TOKEN
  return {
    // The largest databases of MaxMind have some 100 MB, those of others a few hundred.
    maxBytes: maxBytes ?? 1024 ** 3,
    timeoutMs: timeoutMs ?? 60_000,
    s3: {
      region: region ?? environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION ?? 'us-east-1',
      ...(s3Endpoint !== undefined && { endpoint: s3Endpoint }),
    },
    gs: {
      ...(gsEndpoint !== undefined && { endpoint: gsEndpoint }),
      ...(token !== undefined && { token }),
    },
  }
}
