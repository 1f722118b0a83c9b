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

/** Columns that pii_enrichment_config may name, and whose changes its event tells. */
export const piiColumns = [
  'user_id',
  'user_ipaddress',
  'user_fingerprint',
  'domain_userid',
  'network_userid',
  'ip_organization',
  'ip_domain',
  'tr_orderid',
  'ti_orderid',
  'mkt_term',
  'mkt_content',
  'se_category',
  'se_action',
  'se_label',
  'se_property',
  'mkt_clickid',
  'refr_domain_userid',
  'domain_sessionid',
]
