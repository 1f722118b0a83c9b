import type { SelfDescribingSchema } from '../embedded-registry.ts'
import { flag, int32, int64, integer, list, number, orNull, record, text, versions } from './notation.ts'

const browser = {
  viewport: text(20),
  documentSize: text(20),
  resolution: text(20),
  colorDepth: integer(0, 1000),
  devicePixelRatio: orNull(number(0, 1000)),
  cookiesEnabled: flag,
  online: flag,
  browserLanguage: orNull(text(20)),
  documentLanguage: orNull(text(20)),
  webdriver: orNull(flag),
  deviceMemory: orNull(integer(0, 1000)),
  hardwareConcurrency: orNull(integer(0, 1000)),
  tabId: orNull(text({ format: 'uuid' })),
}

const alwaysOfBrowser = ['viewport', 'documentSize', 'cookiesEnabled', 'online', 'colorDepth', 'resolution']

const mobileDevice = {
  osType: text(),
  osVersion: text(),
  deviceManufacturer: text(),
  deviceModel: text(),
  carrier: orNull(text()),
  networkType: orNull(text({ enum: ['mobile', 'wifi', 'offline', null] })),
  networkTechnology: orNull(text()),
  openIdfa: orNull(text()),
  appleIdfa: orNull(text()),
  appleIdfv: orNull(text()),
  androidIdfa: orNull(text()),
  physicalMemory: orNull(integer(0, int64)),
  systemAvailableMemory: orNull(integer(0, int64)),
  appAvailableMemory: orNull(integer(0, int64)),
  batteryLevel: orNull(integer(0, 100)),
  batteryState: orNull(text({ enum: ['unplugged', 'charging', 'full', null], maxLength: 255 })),
  lowPowerMode: orNull(flag),
  availableStorage: orNull(integer(0, int64)),
  totalStorage: orNull(integer(0, int64)),
}

export const trackerContexts: readonly SelfDescribingSchema[] = [
  ...versions('com.snowplowanalytics.snowplow', 'web_page', 'One view of one page', {
    '1-0-0': record(
      {
        id: text({
          pattern: '^[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}$',
        }),
      },
      { required: 'all' },
    ),
  }),
  ...versions('com.snowplowanalytics.snowplow', 'client_session', 'The session, as the tracker counts it', {
    '1-0-0': record(
      {
        userId: text({ pattern: '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$|^[0-9a-f]{16}$' }),
        sessionId: text({ format: 'uuid' }),
        sessionIndex: integer(0, int32),
        previousSessionId: { type: ['null', 'string'], format: 'uuid' },
        storageMechanism: { enum: ['SQLITE', 'COOKIE_1', 'COOKIE_3', 'LOCAL_STORAGE', 'FLASH_LSO'] },
      },
      { required: 'all' },
    ),
    '1-0-1': record(
      {
        userId: text({
          pattern: '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$|^[0-9a-f]{16}$',
          maxLength: 36,
        }),
        sessionId: text({ format: 'uuid' }),
        sessionIndex: integer(0, int32),
        previousSessionId: { type: ['null', 'string'], format: 'uuid' },
        storageMechanism: text({ enum: ['SQLITE', 'COOKIE_1', 'COOKIE_3', 'LOCAL_STORAGE', 'FLASH_LSO'] }),
        firstEventId: { type: ['null', 'string'], format: 'uuid' },
      },
      { required: ['userId', 'sessionId', 'sessionIndex', 'previousSessionId', 'storageMechanism'] },
    ),
    '1-0-2': record(
      {
        userId: text({
          pattern: '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$|^[0-9a-f]{16}$',
          maxLength: 36,
        }),
        sessionId: text({ format: 'uuid' }),
        sessionIndex: integer(0, int32),
        eventIndex: { type: ['null', 'integer'], minimum: 0, maximum: int32 },
        previousSessionId: { type: ['null', 'string'], format: 'uuid' },
        storageMechanism: text({ enum: ['SQLITE', 'COOKIE_1', 'COOKIE_3', 'LOCAL_STORAGE', 'FLASH_LSO'] }),
        firstEventId: { type: ['null', 'string'], format: 'uuid' },
        firstEventTimestamp: { type: ['null', 'string'], format: 'date-time' },
      },
      { required: ['userId', 'sessionId', 'sessionIndex', 'storageMechanism'] },
    ),
  }),
  ...versions('com.snowplowanalytics.snowplow', 'browser_context', 'The browser and its window', {
    '1-0-0': record(browser, { required: alwaysOfBrowser }),
    '2-0-0': record({ ...browser, deviceMemory: orNull(number(0, 1000)) }, { required: alwaysOfBrowser }),
  }),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'activity_metrics',
    'How long a page was open and how active its reader was',
    {
      '1-0-0': record(
        {
          mouseDistance: integer(0, int32),
          scrollDistance: integer(0, int32),
          keyPresses: integer(0, int32),
          clicks: integer(0, int32),
          touches: integer(0, int32),
        },
        { required: 'all' },
      ),
    },
  ),
  ...versions('com.snowplowanalytics.snowplow', 'geolocation_context', 'Where the device is', {
    '1-0-0': record(
      {
        latitude: number(-90, 90),
        longitude: number(-180, 180),
        latitudeLongitudeAccuracy: number(),
        altitude: number(),
        altitudeAccuracy: number(),
        bearing: number(),
        speed: number(),
      },
      { required: ['latitude', 'longitude'] },
    ),
    '1-1-0': record(
      {
        latitude: number(-90, 90),
        longitude: number(-180, 180),
        latitudeLongitudeAccuracy: orNull(number()),
        altitude: orNull(number()),
        altitudeAccuracy: orNull(number()),
        bearing: orNull(number()),
        speed: orNull(number()),
        timestamp: orNull(integer()),
      },
      { required: ['latitude', 'longitude'] },
    ),
  }),
  ...versions('com.snowplowanalytics.snowplow', 'mobile_context', 'The mobile device and its network', {
    '1-0-0': record(
      {
        osType: text(),
        osVersion: text(),
        deviceManufacturer: text(),
        deviceModel: text(),
        carrier: orNull(text()),
        openIdfa: text(),
        appleIdfa: text(),
        appleIdfv: text(),
        androidIdfa: text(),
      },
      { required: ['osType', 'osVersion', 'deviceManufacturer', 'deviceModel'] },
    ),
    '1-0-1': record(
      {
        osType: text(),
        osVersion: text(),
        deviceManufacturer: text(),
        deviceModel: text(),
        carrier: orNull(text()),
        networkType: text({ enum: ['mobile', 'wifi', 'offline'] }),
        networkTechnology: text(),
        openIdfa: text(),
        appleIdfa: text(),
        appleIdfv: text(),
        androidIdfa: text(),
      },
      { required: ['osType', 'osVersion', 'deviceManufacturer', 'deviceModel'] },
    ),
    '1-0-2': record(mobileDevice, { required: ['osType', 'osVersion', 'deviceManufacturer', 'deviceModel'] }),
    '1-0-3': record(
      {
        ...mobileDevice,
        isPortrait: orNull(flag),
        resolution: orNull(text(20)),
        scale: orNull(number(0, 1000)),
        language: orNull(text(8)),
        appSetId: orNull(text({ format: 'uuid' })),
        appSetIdScope: orNull(text({ enum: ['app', 'developer', null] })),
      },
      { required: ['osType', 'osVersion', 'deviceManufacturer', 'deviceModel'] },
    ),
  }),
  ...versions(
    'com.snowplowanalytics.snowplow',
    'desktop_context',
    'The computer that a desktop application runs on',
    {
      '1-0-0': record(
        {
          osType: text(),
          osVersion: text(),
          osServicePack: text(),
          osIs64Bit: flag,
          deviceManufacturer: text(),
          deviceModel: text(),
          deviceProcessorCount: number(),
        },
        { required: ['osType', 'osVersion'] },
      ),
    },
  ),
  ...versions('com.snowplowanalytics.snowplow', 'application', 'The application that an event comes from', {
    '1-0-0': record({ version: text(255) }, { required: 'all' }),
  }),
  ...versions('com.snowplowanalytics.snowplow', 'consent_document', 'A document that somebody agrees to', {
    '1-0-0': record(
      { id: text(36), version: text(36), name: text(60), description: text(10000) },
      { required: ['id', 'version'] },
    ),
  }),
  ...versions('com.snowplowanalytics.snowplow', 'gdpr', 'On which ground data are processed', {
    '1-0-0': record(
      {
        basisForProcessing: text({
          enum: [
            'consent',
            'contract',
            'legal_obligation',
            'vital_interests',
            'public_task',
            'legitimate_interests',
          ],
        }),
        documentId: orNull(text(255)),
        documentVersion: orNull(text(16)),
        documentDescription: orNull(text(4096)),
      },
      { required: ['basisForProcessing'] },
    ),
  }),
  ...versions('com.snowplowanalytics.mobile', 'application', 'The app that an event comes from', {
    '1-0-0': record({ version: text(255), build: text(255) }, { required: 'all' }),
  }),
  ...versions('com.snowplowanalytics.mobile', 'deep_link', 'The link that led into the app', {
    '1-0-0': record(
      { url: text({ format: 'uri', maxLength: 4096 }), referrer: text({ format: 'uri', maxLength: 4096 }) },
      { required: ['url'] },
    ),
  }),
  ...versions('com.snowplowanalytics.mobile', 'screen', 'The screen that is shown', {
    '1-0-0': record(
      {
        name: text(),
        type: text(),
        id: text({ format: 'uuid', maxLength: 36 }),
        viewController: text(),
        topViewController: text(),
        activity: text(),
        fragment: text(),
      },
      { required: ['name', 'id'], minProperties: 2 },
    ),
  }),
  ...versions(
    'com.snowplowanalytics.mobile',
    'screen_summary',
    'How long a screen was looked at and how far it was scrolled',
    {
      '1-0-0': record(
        {
          foreground_sec: number(0, int32),
          background_sec: orNull(number(0, int32)),
          last_item_index: orNull(integer(0, 65535)),
          items_count: orNull(integer(0, 65535)),
          min_x_offset: orNull(integer(-2147483647, int32)),
          max_x_offset: orNull(integer(-2147483647, int32)),
          min_y_offset: orNull(integer(-2147483647, int32)),
          max_y_offset: orNull(integer(-2147483647, int32)),
          content_width: orNull(integer(0, int32)),
          content_height: orNull(integer(0, int32)),
        },
        { required: ['foreground_sec'] },
      ),
    },
  ),
  ...versions('org.w3', 'PerformanceTiming', 'When the browser took each step of loading the page', {
    '1-0-0': record({
      navigationStart: integer(0, int64),
      redirectStart: integer(0, int64),
      redirectEnd: integer(0, int64),
      fetchStart: integer(0, int64),
      domainLookupStart: integer(0, int64),
      domainLookupEnd: integer(0, int64),
      connectStart: integer(0, int64),
      secureConnectionStart: integer(0, int64),
      connectEnd: integer(0, int64),
      requestStart: integer(0, int64),
      responseStart: integer(0, int64),
      responseEnd: integer(0, int64),
      unloadEventStart: integer(0, int64),
      unloadEventEnd: integer(0, int64),
      domLoading: integer(0, int64),
      domInteractive: integer(0, int64),
      domContentLoadedEventStart: integer(0, int64),
      domContentLoadedEventEnd: integer(0, int64),
      domComplete: integer(0, int64),
      loadEventStart: integer(0, int64),
      loadEventEnd: integer(0, int64),
      msFirstPaint: integer(0, int64),
      chromeFirstPaint: integer(0, int64),
      requestEnd: integer(0, int64),
      proxyStart: integer(0, int64),
      proxyEnd: integer(0, int64),
    }),
  }),
  ...versions(
    'org.w3',
    'PerformanceNavigationTiming',
    'How long the browser took for each step of loading the page',
    {
      '1-0-0': {
        type: 'object',
        properties: {
          decodedBodySize: orNull(integer(0, int32)),
          encodedBodySize: orNull(integer(0, int32)),
          redirectStart: orNull(number(-2147483647, int32)),
          redirectEnd: orNull(number(-2147483647, int32)),
          fetchStart: orNull(number(-2147483647, int32)),
          domainLookupStart: orNull(number(-2147483647, int32)),
          domainLookupEnd: orNull(number(-2147483647, int32)),
          connectStart: orNull(number(-2147483647, int32)),
          secureConnectionStart: orNull(number(-2147483647, int32)),
          connectEnd: orNull(number(-2147483647, int32)),
          requestStart: orNull(number(-2147483647, int32)),
          responseStart: orNull(number(-2147483647, int32)),
          responseEnd: orNull(number(-2147483647, int32)),
          unloadEventStart: orNull(number(0, int32)),
          unloadEventEnd: orNull(number(0, int32)),
          domInteractive: orNull(number(0, int32)),
          domContentLoadedEventStart: orNull(number(0, int32)),
          domContentLoadedEventEnd: orNull(number(0, int32)),
          domComplete: orNull(number(0, int32)),
          loadEventStart: orNull(number(0, int32)),
          loadEventEnd: orNull(number(0, int32)),
          entryType: orNull(text(128)),
          redirectCount: orNull(integer(0, 64)),
          type: orNull(text(32)),
          workerStart: orNull(number(-2147483647, int32)),
          nextHopProtocol: orNull(text(16)),
          transferSize: orNull(integer(0, int32)),
          duration: orNull(number(0, int32)),
          activationStart: orNull(number(0, int32)),
          deliveryType: orNull(text(128)),
          serverTiming: orNull(list({ $ref: '#/definitions/serverTiming' })),
        },
        definitions: {
          serverTiming: record(
            { duration: orNull(number(0, int32)), name: text(4096), description: orNull(text(4096)) },
            { required: ['name'] },
          ),
        },
        additionalProperties: false,
      },
    },
  ),
  ...versions('org.ietf', 'http_client_hints', 'What the browser says about itself beside the user agent', {
    '1-0-0': record(
      {
        isMobile: flag,
        brands: list(record({ brand: text(4096), version: text(128) }, { required: 'all' })),
        architecture: orNull(text(4096)),
        model: orNull(text(4096)),
        platform: orNull(text(4096)),
        platformVersion: orNull(text(4096)),
        uaFullVersion: orNull(text(4096)),
      },
      { required: ['isMobile', 'brands'] },
    ),
  }),
  ...versions('com.google.analytics', 'cookies', 'The cookies that Google Analytics keeps in a browser', {
    '1-0-0': record({
      __utma: text(),
      __utmb: text(),
      __utmc: text(),
      __utmv: text(),
      __utmz: text(),
      _ga: text(),
    }),
  }),
]
