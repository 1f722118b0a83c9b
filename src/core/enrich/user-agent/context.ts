import type { DerivedContext } from '../../event.ts'
import type { Parts, UserAgentRules } from './rules.ts'

/** What the rules read from a user agent. Source: iglu:com.snowplowanalytics.snowplow/ua_parser_context/jsonschema/1-0-0 */
export function userAgentContext(rules: UserAgentRules, text: string): DerivedContext {
  const userAgent = rules.userAgent.match(text) ?? unknown
  const os = rules.os.match(text) ?? unknown
  const device = rules.device.match(text) ?? unknown
  const [useragentMajor = null, useragentMinor = null, useragentPatch = null] = userAgent.slice(1)
  const [osMajor = null, osMinor = null, osPatch = null, osPatchMinor = null] = os.slice(1)
  return {
    schema: 'iglu:com.snowplowanalytics.snowplow/ua_parser_context/jsonschema/1-0-0',
    data: {
      useragentFamily: familyOf(userAgent),
      useragentMajor,
      useragentMinor,
      useragentPatch,
      useragentVersion: versionOf(userAgent),
      osFamily: familyOf(os),
      osMajor,
      osMinor,
      osPatch,
      osPatchMinor,
      osVersion: versionOf(os),
      deviceFamily: familyOf(device),
    },
  }
}

const unknown: Parts = []

function familyOf([family]: Parts): string {
  return family ?? 'Other'
}

/** `Mobile Safari 5.1`: what is missing in between leaves no dot. */
function versionOf(parts: Parts): string {
  const numbers = parts.slice(1).filter(part => part !== null)
  return numbers.length === 0 ? familyOf(parts) : `${familyOf(parts)} ${numbers.join('.')}`
}
