export { MmdbDatabase } from './database.ts'
export { membersOf, MmdbLookup, type Members } from './lookup.ts'
