import { fixedWidthTest } from './fixed-width.ts'

/** A UUID in its usual form, in either case. */
export const isUuid: (text: string) => boolean = uuidTest('[0-9a-fA-F]')

/** A UUID in lower case, as the JVM writes them. */
export const isLowerCaseUuid: (text: string) => boolean = uuidTest('[0-9a-f]')

function uuidTest(digit: string): (text: string) => boolean {
  const test = fixedWidthTest(`^${digit}{8}-(${digit}{4}-){3}${digit}{12}$`)
  if (test === null) throw new TypeError('the pattern of a UUID has no fixed width')
  return test
}
