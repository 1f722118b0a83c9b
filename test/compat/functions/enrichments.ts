import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { extractCookies } from '../../../src/core/enrich/cookie-extractor.ts'
import { extractHeaders, matcher } from '../../../src/core/enrich/http-header-extractor.ts'
import { assetUri } from '../../../src/core/enrich/asset-uri.ts'
import { userAgentContext } from '../../../src/core/enrich/user-agent/context.ts'
import { userAgentUtils } from '../../../src/core/enrich/user-agent-utils.ts'
import { noServices } from '../../../src/core/enrich/test-services.ts'
import { readRules } from '../../../src/core/enrich/user-agent/rules.ts'
import { parseSchemaKey } from '../../../src/iglu/index.ts'
import { messageOf } from '../../../src/lib/index.ts'
import { isFields } from '../corpus.ts'
import { readResource } from '../resources.ts'
import type { GoldenFunction } from './types.ts'

/*
 * Snowplow's functions of the enrichments that read what the request brought, by ours.
 */

function headersOf(args: unknown): string[] {
  const { headers } = isFields(args) ? args : {}
  return Array.isArray(headers) ? headers.map(String) : []
}

const cookies: GoldenFunction = ({ args, receiver }) => {
  const { cookieNames } = isFields(receiver) ? receiver : {}
  return extractCookies(headersOf(args), new Set(Array.isArray(cookieNames) ? cookieNames : [])).map(
    selfDescribing,
  )
}

const headers: GoldenFunction = ({ args, receiver }) => {
  const { headersPattern } = isFields(receiver) ? receiver : {}
  const isWanted = matcher(String(headersPattern))
  if (isWanted === undefined) throw new SyntaxError(String(headersPattern))
  return extractHeaders(headersOf(args), isWanted).map(selfDescribing)
}

function selfDescribing(context: { readonly schema: string; readonly data: unknown }): unknown {
  return { _type: 'SelfDescribingData', ...context }
}

/** `uaDatabase`: null for the rules that come along, or where a file comes from and its name here. */
const extractUserAgent: GoldenFunction = ({ args, receiver }) => {
  const { uaDatabase } = isFields(receiver) ? receiver : {}
  const file: unknown = Array.isArray(uaDatabase) ? uaDatabase[1] : null
  try {
    const rules = readRules(file === null ? bundledRules() : resourceText(file))
    return { right: selfDescribing(userAgentContext(rules, String(Array.isArray(args) ? args[0] : ''))) }
  } catch (error) {
    return { left: `Failed to initialize ua parser: ${messageOf(error)}` }
  }
}

/** A plain text is a file that does not exist. */
function resourceText(file: unknown): string {
  return new TextDecoder().decode(readResource(String(isFields(file) ? file['resource'] : file)))
}

function bundledRules(): string {
  return readFileSync(fileURLToPath(import.meta.resolve('uap-core/regexes.yaml')), 'utf8')
}

const parseUserAgentConfig: GoldenFunction = ({ args }) => {
  const { c, schemaKey } = isFields(args) ? args : {}
  const { parameters } = isFields(c) ? c : {}
  const uri = isFields(parameters) && 'uri' in parameters ? assetUri(parameters) : undefined
  return {
    valid: {
      _type: 'UaParserConf',
      schemaKey,
      // Where Snowplow keeps its copy; here it has no name.
      uaDatabase: uri === undefined ? null : [uri, './ua-parser-rules.yml'],
    },
  }
}

/** Refused, with what to use instead. */
const parseUserAgentUtils: GoldenFunction = async ({ args }) => {
  const { config, schemaKey: uri } = isFields(args) ? args : {}
  const key = parseSchemaKey(String(uri))
  if (typeof key === 'string') throw new TypeError(key)
  const data = isFields(config) ? config : {}
  const created = await userAgentUtils.create({ key, data, parameters: {} }, noServices)
  return 'errors' in created ? { invalid: created.errors } : { valid: created }
}

export const functions: Readonly<Record<string, GoldenFunction>> = {
  'CookieExtractorEnrichment.extract': cookies,
  'HttpHeaderExtractorEnrichment.extract': headers,
  'UaParserConf.extractUserAgent': extractUserAgent,
  'UaParserEnrichment.parse': parseUserAgentConfig,
  'UserAgentUtilsEnrichmentConfig.parse': parseUserAgentUtils,
}
