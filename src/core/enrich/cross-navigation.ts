import type { DerivedContext } from '../event.ts'
import { decodeBase64, Refusal, toTimestamp } from './conversions.ts'
import type { EnrichmentKind } from './configuration.ts'
import { isoOf } from './timestamps.ts'

/**
 * Attaches all that the tracker's `_sp` parameter says of the page that linked here:
 * `domainUserId.timestamp.sessionId.userId.sourceId.platform.reason`, each but the first optional.
 */
export const crossNavigation: EnrichmentKind = {
  criterion: 'iglu:com.snowplowanalytics.snowplow.enrichments/cross_navigation_config/jsonschema/1-0-*',
  name: 'cross-navigation',
  // Where the columns are set that say the same of user and time.
  step: 'cross-domain',
  create() {
    return (_event, { querystring }) => {
      const context = readCrossNavigation(querystring.get('_sp'))
      return context === undefined ? undefined : [context]
    }
  },
}

/** Undefined where there is no time; a wrong one is told by the step that is always on. */
export function readCrossNavigation(sp: string | undefined): DerivedContext | undefined {
  const [user = '', ms = '', session = '', userId = '', sourceId = '', platform = '', reason = ''] = (
    sp ?? ''
  ).split('.')
  if (user === '' || ms === '') return undefined
  const timestamp = toTimestamp(ms)
  if (timestamp instanceof Refusal) return undefined
  return {
    schema: 'iglu:com.snowplowanalytics.snowplow/cross_navigation/jsonschema/1-0-0',
    data: {
      domain_user_id: user,
      timestamp: isoOf(timestamp),
      session_id: textOrNull(session),
      user_id: decoded(userId),
      source_id: decoded(sourceId),
      source_platform: textOrNull(platform),
      reason: decoded(reason),
    },
  }
}

function textOrNull(text: string): string | null {
  return text === '' ? null : text
}

function decoded(text: string): string | null {
  return text === '' ? null : decodeBase64(text)
}
