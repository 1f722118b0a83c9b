export type { HeldLease, LeaseRow } from './lease.ts'
export type { LeaseStore, NewLease } from './store.ts'
