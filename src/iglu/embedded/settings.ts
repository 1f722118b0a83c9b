import { flag, record, text, type RecordOptions, type Rule } from './notation.ts'

/* What the configurations of enrichments share. */

export const criterionPattern = String.raw`^iglu:([a-zA-Z0-9-_.]+)/([a-zA-Z0-9-_]+)/([a-zA-Z0-9-_]+)/([1-9][0-9]*|\*)-((?:0|[1-9][0-9]*)|\*)-((?:0|[1-9][0-9]*)|\*)$`

export type Fields = Readonly<Record<string, Rule>>

export interface SettingsOptions {
  readonly required?: RecordOptions['required']
  /** What vendor and name may be. */
  readonly names?: Rule
}

/** The settings of an enrichment: whose they are, whether it runs, and how. */
export function settings(
  parameters: Rule,
  { required = ['name', 'vendor', 'enabled', 'parameters'], names = text() }: SettingsOptions = {},
): Rule {
  return record({ vendor: names, name: names, enabled: flag, parameters }, { required })
}
