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
]
