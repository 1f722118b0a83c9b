import { noServices } from '../../../src/core/enrich/test-services.ts'
import { javascript } from '../../../src/core/enrich/javascript/index.ts'
import { parseSchemaKey } from '../../../src/iglu/index.ts'
import { openScripts } from '../../../src/scripts/index.ts'
import { isFields, type Fields } from '../corpus.ts'
import { describeEvent, readEvent } from '../vocabulary.ts'
import type { GoldenFunction } from './types.ts'

/** The configuration that would have made a script enrichment of the original. */
export function scriptDocument({ schemaKey, rawFunction }: Fields): {
  readonly schema: unknown
  readonly data: Fields & { readonly parameters: Fields }
} {
  const script = Buffer.from(String(rawFunction)).toString('base64')
  const vendor = 'com.snowplowanalytics.snowplow'
  const data = { vendor, name: 'javascript_script_config', enabled: true, parameters: { script } }
  return { schema: schemaKey, data }
}

const services = { ...noServices, scripts: openScripts() }

const process: GoldenFunction = async ({ args, receiver }) => {
  const { schema, data } = scriptDocument(isFields(receiver) ? receiver : {})
  const key = parseSchemaKey(String(schema))
  if (typeof key === 'string') throw new TypeError(key)
  const enrich = await javascript.create({ key, data, parameters: data.parameters }, services)
  if ('errors' in enrich) throw new TypeError(enrich.errors.join())
  const event = readEvent(isFields(args) ? args['event'] : null)
  const context = { raw: { payload: { headers: [] } }, derivedContexts: [] }
  const result = await enrich(event, context as unknown as Parameters<typeof enrich>[1])
  // Some cases look at the event that they handed in, and not at the result.
  const after = describeEvent(event)
  if (result === undefined) return { ...after, right: [] }
  if ('failures' in result) {
    const [message] = result.failures.map(failure => failure.message)
    return { ...after, left: message?.type === 'Simple' ? message.error : message }
  }
  return {
    ...after,
    right: Array.isArray(result) ? result.map(one => ({ _type: 'SelfDescribingData', ...one })) : result,
  }
}

export const functions: Readonly<Record<string, GoldenFunction>> = {
  'JavascriptScriptEnrichment.process': process,
}
