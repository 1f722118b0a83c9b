import { after } from '../../after.ts'
import type { DerivedContext } from '../../event.ts'
import type { EnrichmentKind } from '../configuration.ts'
import type { EnrichmentResult } from '../enrichment.ts'
import { enrichmentFailed } from '../inputs/index.ts'
import type { Answer, SqlValue } from '../services.ts'
import { readPlaceholders } from './inputs.ts'
import { contextsOf } from './output.ts'
import { parseSqlParameters } from './parameters.ts'
import { countPlaceholders } from './placeholders.ts'

const name = 'sql-query'

// The schema of the configuration has none; Snowplow waits for 30 s for a connection, and for ever for rows.
const timeoutMs = 5000

/** Asks a database about an event, and attaches the rows that it gives. */
export const sqlQuery: EnrichmentKind = {
  criterion: 'iglu:com.snowplowanalytics.snowplow.enrichments/sql_query_enrichment_config/jsonschema/1-0-*',
  name,
  step: name,
  create({ key, parameters }, { lookups }) {
    const query = parseSqlParameters(parameters)
    if ('errors' in query) return query
    const { database, sql, output, ignoreOnError } = query
    const count = countPlaceholders(sql)
    const ttlMs = query.cache.ttlSeconds * 1000
    const lookup = lookups.sql<readonly DerivedContext[]>({
      name,
      timeoutMs,
      database,
      sql,
      cache: { size: query.cache.size, ttlMs, errorTtlMs: ttlMs / 10 },
      read: rows => contextsOf(rows, output),
    })
    const finish = (answer: Answer<readonly DerivedContext[]>): EnrichmentResult => {
      if ('value' in answer) return answer.value
      if (ignoreOnError) return undefined
      return enrichmentFailed({ schemaKey: key.uri, identifier: name }, [
        'Error while executing the sql lookup',
        answer.error,
      ])
    }
    return (event, context) => {
      const values = readPlaceholders(query.inputs, count, event, context)
      if (values === undefined) return undefined
      return after(lookup.ask(keyOf(values), values), finish)
    }
  },
}

/** Values of different types are different questions. */
function keyOf(values: readonly SqlValue[]): string {
  return JSON.stringify(values.map(value => (typeof value === 'bigint' ? { long: String(value) } : value)))
}
