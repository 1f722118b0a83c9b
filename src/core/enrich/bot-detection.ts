import { membersOf } from '../../lib/index.ts'
import type { DerivedContext } from '../event.ts'
import { attachedAsn } from './asn-context.ts'
import type { EnrichmentKind } from './configuration.ts'
import type { EnrichmentContext } from './enrichment.ts'
import { isIabRobot } from './iab.ts'

// The version that knows all indicators.
const schema = 'iglu:com.snowplowanalytics.snowplow/bot_detection/jsonschema/1-0-1'

/** What tells a bot, by the configuration's flag for it. What has not been attached tells nothing. */
const indicators = [
  ['useYauaa', 'yauaa', (_, { derivedContexts }) => isYauaaRobot(derivedContexts)],
  ['useIab', 'iab', (_, { derivedContexts }) => isIabRobot(derivedContexts)],
  [
    'useAsnLookups',
    'asnLookups',
    (_, { derivedContexts }) => attachedAsn(derivedContexts)?.likelyBot === true,
  ],
  ['useClientSideDetection', 'clientSideDetection', contexts => isClientSideBot(contexts)],
] as const satisfies readonly Indicator[]

type Indicator = readonly [
  flag: string,
  name: string,
  tells: (contexts: string | null, context: EnrichmentContext) => boolean,
]

/** Puts together what other enrichments and the tracker say of bots. Never fails, and always says yes or no. */
export const botDetection: EnrichmentKind = {
  criterion:
    'iglu:com.snowplowanalytics.snowplow.enrichments/bot_detection_enrichment_config/jsonschema/1-0-*',
  name: 'bot-detection',
  step: 'bot-detection',
  create({ parameters }) {
    const used = indicators.filter(([flag]) => parameters[flag] === true)
    return ({ contexts }, context) => {
      const telling = used.filter(([, , tells]) => tells(contexts, context)).map(([, name]) => name)
      return [{ schema, data: { bot: telling.length > 0, indicators: telling } }]
    }
  },
}

const robotDevices: ReadonlySet<unknown> = new Set(['Robot', 'Robot Mobile', 'Robot Imitator'])
const robotAgents: ReadonlySet<unknown> = new Set(['Robot', 'Robot Mobile'])

function isYauaaRobot(contexts: readonly DerivedContext[]): boolean {
  const found = contexts.find(({ schema: uri }) => uri.startsWith('iglu:nl.basjes/yauaa_context/'))
  const { deviceClass, agentClass } = membersOf(found?.data)
  return robotDevices.has(deviceClass) || robotAgents.has(agentClass)
}

const clientSide = 'iglu:com.snowplowanalytics.snowplow/client_side_bot_detection/'

/** `contexts` are those that the tracker sent, validated. */
function isClientSideBot(contexts: string | null): boolean {
  if (contexts === null || !contexts.includes(clientSide)) return false
  const { data } = membersOf(JSON.parse(contexts))
  const list: readonly unknown[] = Array.isArray(data) ? data : []
  return list.map(membersOf).some(one => isClientSide(one.schema) && membersOf(one.data).bot === true)
}

function isClientSide(uri: unknown): boolean {
  return typeof uri === 'string' && uri.startsWith(clientSide)
}
