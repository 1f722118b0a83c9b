import type { SelfDescribingSchema } from '../embedded-registry.ts'
import { flag, int32, int64, integer, list, number, orNull, record, text, uri, versions } from './notation.ts'

const fieldType = orNull(
  text({
    enum: [
      'button',
      'checkbox',
      'color',
      'date',
      'datetime',
      'datetime-local',
      'email',
      'file',
      'hidden',
      'image',
      'month',
      'number',
      'password',
      'radio',
      'range',
      'reset',
      'search',
      'submit',
      'tel',
      'text',
      'time',
      'url',
      'week',
    ],
  }),
)

const cartItem = record(
  { sku: text(), name: text(), category: text(), unitPrice: number(), quantity: number(), currency: text() },
  { required: ['sku', 'quantity'] },
)

const programmingLanguages = [
  'JAVA',
  'SCALA',
  'KOTLIN',
  'GROOVY',
  'RUBY',
  'GOLANG',
  'JAVASCRIPT',
  'PHP',
  'PYTHON',
  'OBJECTIVEC',
  'SWIFT',
  'C',
  'CPLUSPLUS',
  'CSHARP',
  'ACTIONSCRIPT',
  'LUA',
  'RUST',
  'HASKELL',
  'CLOJURE',
  'ERLANG',
  'ELIXIR',
  'CRYSTAL',
  'PONY',
  'NIM',
]

/** What every version knows of an error, up to its stack and from there on. */
const whatHappened = {
  message: text(2048),
  threadName: orNull(text(1024)),
  threadId: orNull(integer(0, int32)),
  stackTrace: orNull(text(8192)),
}
const whereItHappened = {
  lineNumber: orNull(integer(0, int32)),
  className: orNull(text(1024)),
  exceptionName: orNull(text(1024)),
  isFatal: orNull(flag),
}

const placeInFile = { lineColumn: orNull(integer(0, int32)), fileName: orNull(text(1024)) }

export const trackerEvents: readonly SelfDescribingSchema[] = [
  ...versions('com.snowplowanalytics.snowplow', 'link_click', 'A link was clicked', {
    '1-0-0': record(
      {
        elementId: text(),
        elementClasses: list(text()),
        elementTarget: text(),
        targetUrl: text({ minLength: 1 }),
      },
      { required: ['targetUrl'] },
    ),
    '1-0-1': record(
      {
        elementId: text(),
        elementClasses: list(text()),
        elementTarget: text(),
        targetUrl: text({ minLength: 1 }),
        elementContent: text(),
      },
      { required: ['targetUrl'] },
    ),
  }),
  ...versions('com.snowplowanalytics.snowplow', 'change_form', 'A field of a form was changed', {
    '1-0-0': record(
      {
        formId: text({ minLength: 0, maxLength: 4096 }),
        elementId: text({ minLength: 0, maxLength: 4096 }),
        nodeName: text({ enum: ['INPUT', 'TEXTAREA', 'SELECT'] }),
        type: fieldType,
        elementClasses: list(text({ minLength: 0, maxLength: 4096 })),
        value: orNull(text({ minLength: 0, maxLength: 65535 })),
      },
      { required: ['formId', 'elementId', 'nodeName', 'value'] },
    ),
  }),
  ...versions('com.snowplowanalytics.snowplow', 'focus_form', 'A field of a form was entered', {
    '1-0-0': record(
      {
        formId: text({ minLength: 0, maxLength: 4096 }),
        elementId: text({ minLength: 0, maxLength: 4096 }),
        nodeName: text({ enum: ['INPUT', 'TEXTAREA', 'SELECT'] }),
        elementType: fieldType,
        elementClasses: orNull(list(text({ minLength: 0, maxLength: 4096 }))),
        value: orNull(text({ minLength: 0, maxLength: 65535 })),
      },
      { required: ['formId', 'elementId', 'nodeName', 'value'] },
    ),
  }),
  ...versions('com.snowplowanalytics.snowplow', 'submit_form', 'A form was sent', {
    '1-0-0': record(
      {
        formId: text({ minLength: 0, maxLength: 4096 }),
        formClasses: list(text({ minLength: 0, maxLength: 4096 })),
        elements: list(
          record(
            {
              name: text({ minLength: 0, maxLength: 65535 }),
              value: orNull(text({ minLength: 0, maxLength: 65535 })),
              nodeName: text({ enum: ['INPUT', 'TEXTAREA', 'SELECT'] }),
              type: fieldType,
            },
            { required: ['name', 'value', 'nodeName'] },
          ),
        ),
      },
      { required: ['formId'] },
    ),
  }),
  ...versions('com.snowplowanalytics.snowplow', 'timing', 'How long something took', {
    '1-0-0': record(
      { category: text(), variable: text(), timing: number(), label: text() },
      { required: ['category', 'variable', 'timing'] },
    ),
  }),
  ...versions('com.snowplowanalytics.snowplow', 'screen_view', 'A screen was shown', {
    '1-0-0': record({ name: text(), id: text() }, { minProperties: 1 }),
  }),
  ...versions('com.snowplowanalytics.snowplow', 'ad_impression', 'An advertisement was shown', {
    '1-0-0': {
      type: 'object',
      properties: {
        impressionId: text(),
        zoneId: text(),
        bannerId: text(),
        campaignId: text(),
        advertiserId: text(),
        targetUrl: text({ minLength: 1 }),
        costModel: { enum: ['cpa', 'cpc', 'cpm'] },
        cost: number(0),
      },
      minProperties: 1,
      dependencies: { cost: ['costModel'] },
      additionalProperties: false,
    },
  }),
  ...versions('com.snowplowanalytics.snowplow', 'ad_click', 'An advertisement was clicked', {
    '1-0-0': {
      type: 'object',
      properties: {
        clickId: text(),
        impressionId: text(),
        zoneId: text(),
        bannerId: text(),
        campaignId: text(),
        advertiserId: text(),
        targetUrl: text({ minLength: 1 }),
        costModel: { enum: ['cpa', 'cpc', 'cpm'] },
        cost: number(0),
      },
      required: ['targetUrl'],
      dependencies: { cost: ['costModel'] },
      additionalProperties: false,
    },
  }),
  ...versions('com.snowplowanalytics.snowplow', 'ad_conversion', 'An advertisement led to a conversion', {
    '1-0-0': {
      type: 'object',
      properties: {
        conversionId: text(),
        campaignId: text(),
        advertiserId: text(),
        category: text(),
        action: text(),
        property: text(),
        costModel: { enum: ['cpa', 'cpc', 'cpm'] },
        cost: number(0),
        initialValue: number(0),
      },
      minProperties: 1,
      dependencies: { cost: ['costModel'] },
      additionalProperties: false,
    },
  }),
  ...versions('com.snowplowanalytics.snowplow', 'site_search', 'The site was searched', {
    '1-0-0': record(
      {
        terms: list(text(), { minItems: 1 }),
        filters: { type: 'object', additionalProperties: { type: ['string', 'boolean'] } },
        totalResults: integer(0, int32),
        pageResults: integer(0, int32),
      },
      { required: ['terms'] },
    ),
  }),
  ...versions('com.snowplowanalytics.snowplow', 'social_interaction', 'Something was shared or liked', {
    '1-0-0': record({ action: text(), network: text(), target: text() }, { required: ['action', 'network'] }),
  }),
  ...versions('com.snowplowanalytics.snowplow', 'add_to_cart', 'Something was put into the cart', {
    '1-0-0': cartItem,
  }),
  ...versions('com.snowplowanalytics.snowplow', 'remove_from_cart', 'Something was taken out of the cart', {
    '1-0-0': cartItem,
  }),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'application_error',
    'An application reports an error of its own',
    {
      '1-0-0': record(
        { programmingLanguage: { enum: programmingLanguages }, ...whatHappened, ...whereItHappened },
        { required: ['programmingLanguage', 'message'] },
      ),
      '1-0-1': record(
        {
          programmingLanguage: { enum: programmingLanguages },
          ...whatHappened,
          ...whereItHappened,
          ...placeInFile,
        },
        { required: ['programmingLanguage', 'message'] },
      ),
      '1-0-2': record(
        {
          programmingLanguage: text({ enum: programmingLanguages }),
          ...whatHappened,
          causeStackTrace: orNull(text(8192)),
          ...whereItHappened,
          ...placeInFile,
        },
        { required: ['programmingLanguage', 'message'] },
      ),
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'application_background',
    'The app went into the background',
    {
      '1-0-0': record({ backgroundIndex: integer(0, int32) }),
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'application_foreground',
    'The app came into the foreground',
    {
      '1-0-0': record({ foregroundIndex: integer(0, int32) }),
    },
  ),
  ...versions('com.snowplowanalytics.snowplow', 'consent_granted', 'Consent was given', {
    '1-0-0': record({ expiry: text({ format: 'date-time' }) }),
  }),
  ...versions('com.snowplowanalytics.snowplow', 'consent_withdrawn', 'Consent was taken back', {
    '1-0-0': record({ all: flag }, { required: 'all' }),
  }),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'consent_preferences',
    'A choice was made in the consent banner',
    {
      '1-0-0': record(
        {
          eventType: {
            enum: [
              'deny_all',
              'allow_all',
              'allow_selected',
              'pending',
              'implicit_consent',
              'withdrawn',
              'expired',
            ],
          },
          basisForProcessing: {
            enum: [
              'consent',
              'contract',
              'legal_obligation',
              'vital_interests',
              'public_task',
              'legitimate_interests',
            ],
          },
          consentUrl: uri,
          consentVersion: text(16),
          consentScopes: list(text(1024), { minItems: 1 }),
          domainsApplied: list(text(1024), { minItems: 1 }),
          gdprApplies: orNull(flag),
        },
        {
          required: [
            'eventType',
            'consentVersion',
            'domainsApplied',
            'consentScopes',
            'consentUrl',
            'basisForProcessing',
          ],
        },
      ),
    },
  ),
  ...versions('com.snowplowanalytics.snowplow', 'cmp_visible', 'The consent banner became visible', {
    '1-0-0': record({ elapsedTime: number(0, int64) }, { required: 'all' }),
  }),
  ...versions('com.snowplowanalytics.snowplow', 'button_click', 'A button was clicked', {
    '1-0-0': record(
      {
        label: text({ minLength: 1, maxLength: 4096 }),
        id: orNull(text(4096)),
        classes: orNull(list(text(4096))),
        name: orNull(text(4096)),
      },
      { required: ['label'] },
    ),
  }),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'web_vitals',
    'How fast and how steady a page is for its reader',
    {
      '1-0-0': record({
        cls: orNull(number(0, int32)),
        fid: orNull(number(0, int32)),
        lcp: orNull(number(0, int32)),
        fcp: orNull(number(0, int32)),
        inp: orNull(number(0, int32)),
        ttfb: orNull(number(0, int32)),
        navigationType: orNull(text(128)),
      }),
    },
  ),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'uri_redirect',
    'The collector sent somebody on to another address',
    {
      '1-0-0': record({ uri: text({ format: 'uri', maxLength: 8192 }) }, { required: 'all' }),
    },
  ),
  ...versions(
    'com.snowplowanalytics.mobile',
    'application_install',
    'The app was started for the first time',
    {
      '1-0-0': record({}),
    },
  ),
  ...versions('com.snowplowanalytics.mobile', 'application_lifecycle', 'Whether the app can be seen', {
    '1-0-0': record({ isVisible: flag, index: integer(0, int32) }, { required: ['isVisible'] }),
  }),
  ...versions('com.snowplowanalytics.mobile', 'deep_link_received', 'A link opened the app', {
    '1-0-0': record(
      { url: text({ format: 'uri', maxLength: 4096 }), referrer: text({ format: 'uri', maxLength: 4096 }) },
      { required: ['url'] },
    ),
  }),
  ...versions('com.snowplowanalytics.mobile', 'list_item_view', 'An item of a list came into view', {
    '1-0-0': record(
      { index: integer(0, 65535), items_count: orNull(integer(0, 65535)) },
      { required: ['index'] },
    ),
  }),
  ...versions('com.snowplowanalytics.mobile', 'message_notification', 'A push message was received or used', {
    '1-0-0': record(
      {
        title: text(1024),
        body: text(4096),
        trigger: text({ enum: ['push', 'location', 'calendar', 'timeInterval', 'other'] }),
        notificationTimestamp: orNull(text({ format: 'date-time' })),
        sound: orNull(text(1024)),
        action: orNull(text(1024)),
        bodyLocKey: orNull(text(1024)),
        bodyLocArgs: orNull(list(orNull(text(1024)), { minItems: 1 })),
        titleLocKey: orNull(text(1024)),
        titleLocArgs: orNull(list(orNull(text(1024)), { minItems: 1 })),
        group: orNull(text(1024)),
        category: orNull(text(1024)),
        notificationCount: orNull(integer(0, 10000)),
        subtitle: orNull(text(1024)),
        contentAvailable: orNull(flag),
        threadIdentifier: orNull(text(1024)),
        icon: orNull(text(1024)),
        tag: orNull(text(1024)),
        attachments: orNull(
          list(
            record(
              { identifier: text(1024), url: text({ format: 'uri', maxLength: 1024 }), type: text(1024) },
              { required: 'all' },
            ),
          ),
        ),
      },
      { required: ['title', 'body', 'trigger'] },
    ),
  }),
  ...versions('com.snowplowanalytics.mobile', 'screen_view', 'A screen came into view', {
    '1-0-0': record(
      {
        name: text(),
        type: text(),
        id: text({ format: 'uuid', maxLength: 36 }),
        previousName: text(),
        previousId: text({ format: 'uuid' }),
        previousType: text(),
        transitionType: text(),
      },
      { required: ['name', 'id'], minProperties: 2 },
    ),
  }),
  ...versions('com.snowplowanalytics.mobile', 'screen_end', 'The screen was left', { '1-0-0': record({}) }),
  ...versions('com.snowplowanalytics.mobile', 'scroll_changed', 'A screen was scrolled', {
    '1-0-0': record({
      x_offset: orNull(integer(-2147483647, int32)),
      y_offset: orNull(integer(-2147483647, int32)),
      view_width: orNull(integer(0, int32)),
      view_height: orNull(integer(0, int32)),
      content_width: orNull(integer(0, int32)),
      content_height: orNull(integer(0, int32)),
    }),
  }),
]
