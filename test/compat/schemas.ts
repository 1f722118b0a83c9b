import { join } from 'node:path'
import {
  EmbeddedRegistry,
  FolderRegistry,
  newEmbeddedRegistry,
  SchemaResolver,
} from '../../src/iglu/index.ts'
import { systemClock } from '../../src/lib/index.ts'
import { readSchemaSet } from './corpus.ts'
import { casesFolder, sharedFolder } from './settings.ts'

const resolvers = new Map<string, SchemaResolver>()

/** A set of the corpus' schemas, then those of this program, then Iglu Central. */
export function schemasOf(set: string): SchemaResolver {
  const known = resolvers.get(set)
  if (known !== undefined) return known
  const registries = [
    new EmbeddedRegistry({ name: 'test', priority: -1 }, readSchemaSet(casesFolder, set)),
    newEmbeddedRegistry(),
    new FolderRegistry({ name: 'Iglu Central' }, join(sharedFolder, 'iglu-central')),
  ]
  const resolver = new SchemaResolver({ registries, clock: systemClock })
  resolvers.set(set, resolver)
  return resolver
}
