import { isFields, type Fields, type GoldenCase } from './corpus.ts'

/*
 * Where this program does something else than Enrich 3.9.0 on purpose. Such a case is listed with the reason; docs/compatibility.md tells the same to people.
 */

interface KnownDifference {
  readonly reason: string
  readonly concerns: (golden: GoldenCase) => boolean
}

const known: readonly KnownDifference[] = [
  {
    reason: 'a content type is compared without its parameters, which no sender means to matter',
    concerns: ({ input, expected }) =>
      /; *charset=/i.test(contentTypeOf(input) ?? '') && refusesContentType(expected),
  },
  {
    reason: 'user_agent_utils is deprecated: a start refuses it with a word what to use instead',
    concerns: ({ input }) => input['function'] === 'UserAgentUtilsEnrichmentConfig.parse',
  },
  {
    reason: 'the field of a failure is called by its name; two adapters of 3.9.0 put the whole body there',
    concerns: ({ expected }) =>
      failuresIn(expected).some(({ field, value }) => field !== undefined && field === value),
  },
]

/** Why the case need not come out as in 3.9.0; undefined: it must. */
export function reasonToDiffer(golden: GoldenCase): string | undefined {
  return known.find(({ concerns }) => concerns(golden))?.reason
}

function contentTypeOf({ args }: GoldenCase['input']): string | null {
  const payload = isFields(args) ? args['payload'] : null
  const contentType = isFields(payload) ? payload['contentType'] : null
  return typeof contentType === 'string' ? contentType : null
}

function refusesContentType(expected: GoldenCase['expected']): boolean {
  return failuresIn(expected).some(({ field }) => field === 'contentType')
}

function failuresIn({ invalid }: GoldenCase['expected']): Fields[] {
  return Array.isArray(invalid) ? invalid.filter(isFields) : []
}

/** Set only by the deprecated user_agent_utils, which is not offered. docs/compatibility.md lists them. */
export const differingColumns: ReadonlySet<string> = new Set([
  'br_name',
  'br_family',
  'br_version',
  'br_type',
  'br_renderengine',
  'os_name',
  'os_family',
  'os_manufacturer',
  'dvce_type',
  'dvce_ismobile',
])

/** Generated ids are made from the raw record and of the version that says so; Enrich draws them at random, version 4. */
export function asDrawn(text: string): string {
  return text.replaceAll(
    /\b([\da-f]{8}-[\da-f]{4}-)8(?=[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}\b)/g,
    (_, start: string) => `${start}4`,
  )
}
