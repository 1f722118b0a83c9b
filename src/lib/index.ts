export { orAborted } from './abort.ts'
export { Backoff, type BackoffOptions } from './backoff.ts'
export { chunksWithin } from './bounded-body.ts'
export { ByteBudget } from './byte-budget.ts'
export { systemClock, type Clock } from './clock.ts'
export {
  causeOf,
  errorCodes,
  messageOf,
  MillraceError,
  type ErrorCode,
  type MillraceErrorOptions,
} from './error.ts'
export { isDeeperThan, isObject, membersOf, parseJson, type Members } from './json.ts'
export { momentOf, SeenDates, type Moment, type ServerDate } from './moment.ts'
export { fixedWidthTest } from './fixed-width.ts'
export { withoutCredentials, type BareUrl } from './url-credentials.ts'
export { isLowerCaseUuid, isUuid } from './uuid.ts'
export { readSmallFile, UnreadableFile } from './small-file.ts'
export { readVersion } from './version.ts'
export { freeBuffer, PackReader, PackWriter } from './pack.ts'
export { becomeLean, leanArguments, leanEnvironment } from './lean-process.ts'
export {
  errorOf,
  fine,
  findingLevels,
  formatFinding,
  problemOf,
  type Finding,
  type FindingLevel,
} from './finding.ts'
