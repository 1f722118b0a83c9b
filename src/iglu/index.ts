export { type CompiledSchema, compileSchema } from './compile.ts'
export { EmbeddedRegistry, schemasByUri, type SelfDescribingSchema } from './embedded-registry.ts'
export { embeddedSchemas } from './embedded/index.ts'
export { FolderRegistry } from './folder-registry.ts'
export { HttpRegistry, type HttpRegistryOptions } from './http-registry.ts'
export type {
  IgluError,
  LookupHistory,
  RegistryError,
  ResolutionError,
  SchemaIssue,
  ValidationError,
  ValidationIssue,
} from './iglu-error.ts'
export type { Registry, RegistryAnswer, RegistryPlace } from './registry.ts'
export {
  newEmbeddedRegistry,
  parseResolverConfig,
  resolverConfigOf,
  type ResolverConfig,
} from './resolver-config.ts'
export {
  SchemaResolver,
  type RegistryNews,
  type SchemaLookup,
  type SchemaResolverOptions,
} from './resolver.ts'
export { matchesCriterion, parseCriterion, type SchemaCriterion } from './schema-criterion.ts'
export {
  parseSchemaKey,
  parseSelfDescribing,
  type SchemaKey,
  schemaKey,
  type SchemaKeyError,
  type SelfDescribing,
  type SelfDescribingError,
} from './schema-key.ts'
