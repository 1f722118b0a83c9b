import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { cases: { type: 'string' }, json: { type: 'boolean' } } })

/** The folder beside the repository that holds the corpus and a copy of Iglu Central. */
export const sharedFolder = process.env['MILLRACE_SHARED'] ?? resolve(import.meta.dirname, '../../../shared')
export const casesFolder = resolve(values.cases ?? `${sharedFolder}/golden`)
export const asJson = values.json ?? false
