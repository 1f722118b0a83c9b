/** What one registry said about one schema, when it did not have it. */
export type RegistryError =
  | { readonly error: 'NotFound' }
  | { readonly error: 'RepoFailure' | 'ClientFailure'; readonly message: string }

/** All attempts at one registry for one schema. */
export interface LookupHistory {
  readonly repository: string
  readonly errors: readonly RegistryError[]
  readonly attempts: number
  /** ISO 8601, UTC. */
  readonly lastAttempt: string
}

/** A schema that could not be had, as bad rows carry it. Registries are in order of their names. */
export interface ResolutionError {
  readonly error: 'ResolutionError'
  readonly lookupHistory: readonly LookupHistory[]
}

/** One fault of a document, in the words of the validator that Snowplow uses. */
export interface ValidationIssue {
  readonly message: string
  /** `$`, `$.a.b[0]`. */
  readonly path: string
  readonly keyword: string
  /** The arguments of the message. */
  readonly targets: readonly string[]
}

/** One fault of a schema. */
export interface SchemaIssue {
  readonly path: string
  readonly message: string
}

/** Data that do not fit their schema, or a schema that is broken itself, as bad rows carry it. */
export type ValidationError = (
  | { readonly error: 'ValidationError'; readonly dataReports: readonly ValidationIssue[] }
  | { readonly error: 'ValidationError'; readonly schemaIssues: readonly SchemaIssue[] }
) & {
  /** The version that the data were held against, when it is not the one they name. */
  readonly supersededBy?: string
}

export type IgluError = ResolutionError | ValidationError
