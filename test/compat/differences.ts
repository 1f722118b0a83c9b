import { isFields, type GoldenCase } from './corpus.ts'

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

function refusesContentType({ invalid }: GoldenCase['expected']): boolean {
  return (
    Array.isArray(invalid) && invalid.some(failure => isFields(failure) && failure['field'] === 'contentType')
  )
}
