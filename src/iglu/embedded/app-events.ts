import type { SelfDescribingSchema } from '../embedded-registry.ts'
import { flag, int32, integer, list, orNull, record, text, versions } from './notation.ts'

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

/** What trackers in programs send by themselves: of errors, and on phones. */
export const appEvents: readonly SelfDescribingSchema[] = [
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
