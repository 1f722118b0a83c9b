import { LRUCache } from 'lru-cache'
import type { DerivedContext } from '../event.ts'
import { columnIndex } from '../columns.ts'
import { assetUri } from './asset-uri.ts'
import type { EnrichmentKind } from './configuration.ts'
import { userAgentContext } from './user-agent/context.ts'
import { readRules, type UserAgentRules } from './user-agent/rules.ts'

const bundledRules = 'bundled:uap-core/regexes.yaml'
/** User agents whose context is remembered, per thread. */
const cacheSize = 10_000

/** Browser, operating system and device by the rules of uap-core: those that come with this program, or a file. */
export const uaParser: EnrichmentKind = {
  criterion: 'iglu:com.snowplowanalytics.snowplow/ua_parser_config/jsonschema/1-0-*',
  name: 'ua-parser',
  step: 'ua-parser',
  async create({ parameters }, { assets }) {
    const uri = parameters['uri'] === undefined ? bundledRules : assetUri(parameters)
    if (typeof uri !== 'string') return uri
    const rules = await assets.open(uri, bytes => cached(readRules(new TextDecoder().decode(bytes))))
    return ({ row }) => {
      const useragent = row[columnIndex.useragent]
      return typeof useragent === 'string' ? rules.current(useragent) : undefined
    }
  },
}

/** The contexts of one set of rules, each made once. */
function cached(rules: UserAgentRules): (useragent: string) => readonly DerivedContext[] {
  const known = new LRUCache<string, readonly DerivedContext[]>({ max: cacheSize })
  return useragent => {
    const found = known.get(useragent)
    if (found !== undefined) return found
    const contexts = [userAgentContext(rules, useragent)]
    known.set(useragent, contexts)
    return contexts
  }
}
