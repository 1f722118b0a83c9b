/*
 * Which schemas the events of which vendor get. The names of vendors and schemas are those of `adaptersSchemas` in
 * Snowplow's configuration, so that a file that overrides some of them moves in as it is.
 */

type SchemaTable<Name extends string = string> = Readonly<Record<Name, string>>

/** The schema of each name; nearly always it is called by that name. */
function schemas<const Names extends readonly string[]>(
  vendor: string,
  version: string,
  ...names: Names
): SchemaTable<Names[number]> {
  const uris = names.map(name => [name, `iglu:${vendor}/${name}/jsonschema/${version}`])
  return Object.fromEntries(uris) as SchemaTable<Names[number]>
}

const accessLog = 'iglu:com.amazon.aws.cloudfront/wd_access_log/jsonschema'
const airship = 'iglu:com.urbanairship.connect'

/** What holds where nothing else is configured: those of Enrich 3.9. */
export const adapterSchemaDefaults = {
  callrail: schemas('com.callrail', '1-0-2', 'call_complete'),
  cloudfrontAccessLog: {
    with_12_fields: `${accessLog}/1-0-0`,
    with_15_fields: `${accessLog}/1-0-1`,
    with_18_fields: `${accessLog}/1-0-2`,
    with_19_fields: `${accessLog}/1-0-3`,
    with_23_fields: `${accessLog}/1-0-4`,
    with_24_fields: `${accessLog}/1-0-5`,
    with_26_fields: `${accessLog}/1-0-6`,
  },
  googleAnalytics: {
    ...schemas(
      'com.google.analytics.measurement-protocol',
      '1-0-0',
      'page_view',
      'screen_view',
      'event',
      'transaction',
      'item',
      'social',
      'exception',
      'timing',
      'general',
      'user',
      'session',
      'traffic_source',
      'system_info',
      'link',
      'app',
      'product_action',
      'content_experiment',
      'hit',
      'promotion_action',
      'product',
      'product_custom_dimension',
      'product_custom_metric',
      'product_impression_list',
      'product_impression',
      'product_impression_custom_dimension',
      'product_impression_custom_metric',
      'promotion',
      'custom_dimension',
      'custom_metric',
      'content_group',
    ),
    ...schemas('com.google.analytics', '1-0-0', 'undocumented', 'private'),
  },
  hubspot: schemas(
    'com.hubspot',
    '1-0-0',
    'contact_creation',
    'contact_deletion',
    'contact_change',
    'company_creation',
    'company_deletion',
    'company_change',
    'deal_creation',
    'deal_deletion',
    'deal_change',
  ),
  mailchimp: schemas(
    'com.mailchimp',
    '1-0-0',
    'subscribe',
    'unsubscribe',
    'campaign_sending_status',
    'cleaned_email',
    'email_address_change',
    'profile_update',
  ),
  mailgun: schemas(
    'com.mailgun',
    '1-0-0',
    'message_bounced',
    'message_clicked',
    'message_complained',
    'message_delivered',
    'message_dropped',
    'message_opened',
    'recipient_unsubscribed',
  ),
  mandrill: {
    ...schemas(
      'com.mandrill',
      '1-0-1',
      'message_bounced',
      'message_clicked',
      'message_delayed',
      'message_marked_as_spam',
      'message_opened',
      'message_soft_bounced',
      'recipient_unsubscribed',
    ),
    ...schemas('com.mandrill', '1-0-0', 'message_rejected', 'message_sent'),
  },
  marketo: schemas('com.marketo', '2-0-0', 'event'),
  olark: schemas('com.olark', '1-0-0', 'transcript', 'offline_message'),
  pagerduty: schemas('com.pagerduty', '1-0-0', 'incident'),
  pingdom: schemas(
    'com.pingdom',
    '1-0-0',
    'incident_assign',
    'incident_notify_user',
    'incident_notify_of_close',
  ),
  sendgrid: schemas(
    'com.sendgrid',
    '3-0-0',
    'processed',
    'dropped',
    'delivered',
    'deferred',
    'bounce',
    'open',
    'click',
    'spamreport',
    'unsubscribe',
    'group_unsubscribe',
    'group_resubscribe',
  ),
  statusgator: schemas('com.statusgator', '1-0-0', 'status_change'),
  unbounce: schemas('com.unbounce', '1-0-0', 'form_post'),
  urbanAirship: {
    close: `${airship}/CLOSE/jsonschema/1-0-0`,
    custom: `${airship}/CUSTOM/jsonschema/1-0-0`,
    first_open: `${airship}/FIRST_OPEN/jsonschema/1-0-0`,
    in_app_message_display: `${airship}/IN_APP_MESSAGE_DISPLAY/jsonschema/1-0-0`,
    in_app_message_expiration: `${airship}/IN_APP_MESSAGE_EXPIRATION/jsonschema/1-0-0`,
    in_app_message_resolution: `${airship}/IN_APP_MESSAGE_RESOLUTION/jsonschema/1-0-0`,
    location: `${airship}/LOCATION/jsonschema/1-0-0`,
    open: `${airship}/OPEN/jsonschema/1-0-0`,
    push_body: `${airship}/PUSH_BODY/jsonschema/1-0-0`,
    region: `${airship}/REGION/jsonschema/1-0-0`,
    rich_delete: `${airship}/RICH_DELETE/jsonschema/1-0-0`,
    rich_delivery: `${airship}/RICH_DELIVERY/jsonschema/1-0-0`,
    rich_head: `${airship}/RICH_HEAD/jsonschema/1-0-0`,
    send: `${airship}/SEND/jsonschema/1-0-0`,
    tag_change: `${airship}/TAG_CHANGE/jsonschema/1-0-0`,
    uninstall: `${airship}/UNINSTALL/jsonschema/1-0-0`,
  },
  vero: schemas(
    'com.getvero',
    '1-0-0',
    'bounced',
    'clicked',
    'delivered',
    'opened',
    'sent',
    'unsubscribed',
    'created',
    'updated',
  ),
}

export type Vendor = keyof typeof adapterSchemaDefaults
export type SchemaName<V extends Vendor> = keyof (typeof adapterSchemaDefaults)[V] & string
export type AdaptersSchemas = { readonly [V in Vendor]: SchemaTable<SchemaName<V>> }
/** Some of them, by vendor and name. */
export type SchemaOverrides = Readonly<Record<string, Readonly<Record<string, string>>>>

/** The defaults with some of them replaced. Names that nobody knows are told by `unknownSchemas` and change nothing. */
export function completeSchemas(overrides: SchemaOverrides): AdaptersSchemas {
  const vendors = Object.entries(adapterSchemaDefaults).map(([vendor, defaults]) => [
    vendor,
    { ...defaults, ...(Object.hasOwn(overrides, vendor) ? overrides[vendor] : {}) },
  ])
  return Object.fromEntries(vendors) as AdaptersSchemas
}

/** What of the overrides no adapter asks for: `hubspot.contact`. */
export function unknownSchemas(overrides: SchemaOverrides): string[] {
  const known = new Map(
    Object.entries(adapterSchemaDefaults).map(([vendor, names]) => [vendor, new Set(Object.keys(names))]),
  )
  return Object.entries(overrides).flatMap(([vendor, names]) => {
    const ours = known.get(vendor)
    if (ours === undefined) return [vendor]
    return Object.keys(names)
      .filter(name => !ours.has(name))
      .map(name => `${vendor}.${name}`)
  })
}
