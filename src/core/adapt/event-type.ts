import type { FailureDetail } from '../bad-row.ts'

/** Which schema the events of which type get. */
export type TypeSchemas = Readonly<Record<string, string>>

/** The names of schemas that a vendor's types have, as schemas. */
export function typeSchemas<Name extends string>(
  types: Readonly<Record<string, NoInfer<Name>>>,
  schemas: Readonly<Record<Name, string>>,
): TypeSchemas {
  return Object.fromEntries(Object.entries(types).map(([type, name]) => [type, schemas[name]]))
}

/** The schema of a type; null is a type that was not told. `index` says which event of a payload it is. */
export function schemaOfType(
  type: string | null,
  expectedMapping: TypeSchemas,
  index?: number,
): string | FailureDetail {
  if (type !== null && Object.hasOwn(expectedMapping, type)) return expectedMapping[type] ?? ''
  const at = index === undefined ? '' : ` at index ${index}`
  return { type: 'SchemaMapping', actual: type, expectedMapping, expectation: complaint(type) + at }
}

function complaint(type: string | null): string {
  if (type === null) return 'cannot determine event type: type parameter not provided'
  if (type === '') return 'cannot determine event type: type parameter empty'
  return 'no schema associated with the provided type parameter'
}
