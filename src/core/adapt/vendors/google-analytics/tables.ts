import type { SchemaName } from '../../adapter-schemas.ts'
import type { ValueType } from './values.ts'

/*
 * Google's Measurement Protocol, version 1, as Snowplow's schemas have it: which parameter is which field of which
 * schema. Texts are written by their name only.
 */

export type GaSchema = SchemaName<'googleAnalytics'>

export interface Field {
  readonly name: string
  readonly type: ValueType
}
/** By parameter. */
export type Fields = ReadonlyMap<string, Field>

/** `value int` is a field that is a whole number. */
function fields(table: Readonly<Record<string, string>>): Fields {
  return new Map(
    Object.entries(table).map(([parameter, written]) => {
      const [name = '', type = 'text'] = written.split(' ')
      return [parameter, { name, type: type as ValueType }]
    }),
  )
}

export interface HitType {
  readonly schema: GaSchema
  readonly fields: Fields
}

const pageView = fields({
  dl: 'documentLocationUrl',
  dh: 'documentHostName',
  dp: 'documentPath',
  dt: 'documentTitle',
})

/** The event that a hit is, by the value of `t`. */
export const hitTypes: ReadonlyMap<string, HitType> = new Map<string, HitType>([
  ['pageview', { schema: 'page_view', fields: pageView }],
  ['screenview', { schema: 'screen_view', fields: fields({ cd: 'screenName' }) }],
  [
    'event',
    { schema: 'event', fields: fields({ ec: 'category', ea: 'action', el: 'label', ev: 'value int' }) },
  ],
  [
    'transaction',
    {
      schema: 'transaction',
      fields: fields({
        ti: 'id',
        ta: 'affiliation',
        tr: 'revenue money',
        ts: 'shipping money',
        tt: 'tax money',
        tcc: 'couponCode',
        cu: 'currencyCode',
      }),
    },
  ],
  [
    'item',
    {
      schema: 'item',
      fields: fields({
        ti: 'transactionId',
        in: 'name',
        ip: 'price money',
        iq: 'quantity int',
        ic: 'code',
        iv: 'category',
        cu: 'currencyCode',
      }),
    },
  ],
  ['social', { schema: 'social', fields: fields({ sn: 'network', sa: 'action', st: 'actionTarget' }) }],
  ['exception', { schema: 'exception', fields: fields({ exd: 'description', exf: 'isFatal boolean' }) }],
  [
    'timing',
    {
      schema: 'timing',
      fields: fields({
        utc: 'userTimingCategory',
        utv: 'userTimingVariableName',
        utt: 'userTimingTime int',
        utl: 'userTimingLabel',
        plt: 'pageLoadTime int',
        dns: 'dnsTime int',
        pdt: 'pageDownloadTime int',
        rrt: 'redirectResponseTime int',
        tcp: 'tcpConnectTime int',
        srt: 'serverResponseTime int',
        dit: 'domInteractiveTime int',
        clt: 'contentLoadTime int',
      }),
    },
  ],
])

/** Contexts whose parameters have no numbers in their names. Of hits that are no page view, a page may be one. */
export const contexts: readonly (readonly [GaSchema, Fields])[] = [
  ['page_view', pageView],
  ['undocumented', fields({ a: 'a', jid: 'jid', gjid: 'gjid' })],
  ['private', fields({ _v: 'v', _u: 'u', _gid: 'gid', _s: 's int', _r: 'r int' })],
  [
    'general',
    fields({
      v: 'protocolVersion',
      tid: 'trackingId',
      aip: 'anonymizeIp boolean',
      ds: 'dataSource',
      qt: 'queueTime int',
      z: 'cacheBuster',
    }),
  ],
  ['user', fields({ cid: 'clientId', uid: 'userId' })],
  [
    'session',
    fields({
      sc: 'sessionControl',
      uip: 'ipOverride',
      ua: 'userAgentOverride',
      geoid: 'geographicalOverride',
    }),
  ],
  [
    'traffic_source',
    fields({
      dr: 'documentReferrer',
      cn: 'campaignName',
      cs: 'campaignSource',
      cm: 'campaignMedium',
      ck: 'campaignKeyword',
      cc: 'campaignContent',
      ci: 'campaignId',
      gclid: 'googleAdwordsId',
      dclid: 'googleDisplayAdsId',
    }),
  ],
  [
    'system_info',
    fields({
      sr: 'screenResolution',
      vp: 'viewportSize',
      de: 'documentEncoding',
      sd: 'screenColors',
      ul: 'userLanguage',
      je: 'javaEnabled boolean',
      fl: 'flashVersion',
    }),
  ],
  ['link', fields({ linkid: 'id' })],
  ['app', fields({ an: 'name', aid: 'id', av: 'version', aiid: 'installerId' })],
  [
    'product_action',
    fields({
      pa: 'productAction',
      pal: 'productActionList',
      cos: 'checkoutStep int',
      col: 'checkoutStepOption',
    }),
  ],
  ['content_experiment', fields({ xid: 'id', xvar: 'variant' })],
  ['hit', fields({ t: 'type', ni: 'nonInteractionHit boolean' })],
  ['promotion_action', fields({ promoa: 'promotionAction' })],
]

/** What the tracker protocol has a parameter of its own for. */
export const trackerParameters: ReadonlyMap<string, string> = new Map([
  ['uip', 'ip'],
  ['dr', 'refr'],
  ['de', 'cs'],
  ['sd', 'cd'],
  ['ul', 'lang'],
  ['je', 'f_java'],
  ['dl', 'url'],
  ['dt', 'page'],
  ['ti', 'ti_id'],
  ['ta', 'tr_af'],
  ['tr', 'tr_tt'],
  ['ts', 'tr_sh'],
  ['tt', 'tr_tx'],
  ['in', 'ti_nm'],
  ['ip', 'ti_pr'],
  ['iq', 'ti_qu'],
  ['ic', 'ti_sk'],
  ['iv', 'ti_ca'],
  ['cu', 'ti_cu'],
  ['ua', 'ua'],
])

/** Of a transaction these are not its item's. */
export const transactionParameters: ReadonlyMap<string, string> = new Map([
  ['ti', 'tr_id'],
  ['cu', 'tr_cu'],
])

/** A context whose parameters are numbered: `pr12nm` is the name of product 12. */
export interface NumberedContext {
  readonly schema: GaSchema
  /** The words before the numbers in a parameter's name: `il pi` for `il1pi2nm`. */
  readonly words: string
  /** Fields for the numbers, in their order. */
  readonly indexes: readonly string[]
  /** By the parameter's name without its numbers. */
  readonly fields: Fields
  /** Whether the hit's `cu` is a field of it. */
  readonly hasCurrency?: true
}

export const numberedContexts: readonly NumberedContext[] = [
  {
    schema: 'product',
    words: 'pr',
    indexes: ['index'],
    fields: fields({
      prid: 'sku',
      prnm: 'name',
      prbr: 'brand',
      prca: 'category',
      prva: 'variant',
      prpr: 'price money',
      prqt: 'quantity int',
      prcc: 'couponCode',
      prps: 'position int',
    }),
    hasCurrency: true,
  },
  {
    schema: 'product_custom_dimension',
    words: 'pr cd',
    indexes: ['productIndex', 'dimensionIndex'],
    fields: fields({ prcd: 'value' }),
  },
  {
    schema: 'product_custom_metric',
    words: 'pr cm',
    indexes: ['productIndex', 'metricIndex'],
    fields: fields({ prcm: 'value int' }),
  },
  { schema: 'product_impression_list', words: 'il', indexes: ['index'], fields: fields({ ilnm: 'name' }) },
  {
    schema: 'product_impression',
    words: 'il pi',
    indexes: ['listIndex', 'productIndex'],
    fields: fields({
      ilpiid: 'sku',
      ilpinm: 'name',
      ilpibr: 'brand',
      ilpica: 'category',
      ilpiva: 'variant',
      ilpips: 'position int',
      ilpipr: 'price money',
    }),
    hasCurrency: true,
  },
  {
    schema: 'product_impression_custom_dimension',
    words: 'il pi cd',
    indexes: ['listIndex', 'productIndex', 'customDimensionIndex'],
    fields: fields({ ilpicd: 'value' }),
  },
  {
    schema: 'product_impression_custom_metric',
    words: 'il pi cm',
    indexes: ['listIndex', 'productIndex', 'customMetricIndex'],
    fields: fields({ ilpicm: 'value int' }),
  },
  {
    schema: 'promotion',
    words: 'promo',
    indexes: ['index'],
    fields: fields({ promoid: 'id', promonm: 'name', promocr: 'creative', promops: 'position' }),
  },
  { schema: 'custom_dimension', words: 'cd', indexes: ['index'], fields: fields({ cd: 'value' }) },
  { schema: 'custom_metric', words: 'cm', indexes: ['index'], fields: fields({ cm: 'value double' }) },
  { schema: 'content_group', words: 'cg', indexes: ['index'], fields: fields({ cg: 'value' }) },
]
