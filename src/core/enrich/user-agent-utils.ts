import type { EnrichmentKind } from './configuration.ts'

/** Its library had its last release in 2018 and is at the end of its life, as its author says: a start says what to use. */
export const userAgentUtils: EnrichmentKind = {
  criterion: 'iglu:com.snowplowanalytics.snowplow/user_agent_utils_config/jsonschema/1-0-*',
  name: 'user-agent-utils',
  step: 'user-agent-utils',
  create: () => ({
    errors: [
      'user_agent_utils is deprecated and not offered here: set enabled to false and use ua_parser_config, ' +
        'whose derived context says browser, operating system and device (br_*, os_* and dvce_* then stay empty)',
    ],
  }),
}
