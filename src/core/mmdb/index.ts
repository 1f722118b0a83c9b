export { MmdbDatabase } from './database.ts'
export { MmdbLookup } from './lookup.ts'
