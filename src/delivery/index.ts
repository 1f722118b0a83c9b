export type { Committer, Work } from './commit.ts'
